/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any text taken as a file of rule tests, read and run over a few rules. Messages stand in the text, a test
 * is run exactly if nothing is wrong with it, and all of it ends: times and numbers that it names are no
 * reason to run for long.
 */

#include <string.h>

#include "fuzz.h"
#include "ruletest/trial.h"

/* The longest tests would only make each input slow. */
enum { MAX_TICKS = 300 };

static const char rules_text[] =
        "[rule load]\nfor = cgroup:/*\nwhen = last(test.load) > 50%\nhold = 2s\nthen = cpu.weight *= 1.5\n"
        "within = cpu.weight 100..1000\nclear-hold = 3s\ncooldown = 1s\non-clear = ease\n"
        "[rule run it]\nfor = cgroup:/*\nwhen = rate(test.run) > 60% or count(test.wait) > 5000\nhold = 0s\n"
        "then = cpuset.cpus @siblings = 0-1\nuntil = rate(test.run) < 40%\nclear-hold = 1s\non-clear = keep\n"
        "[rule disk]\nfor = cgroup:/*\nwhen = p99(test.wait) > 5ms\nthen = io.max[vda] = 10Mi\nmode = "
        "advise\n"
        "[goal calm]\nfor = cgroup:/*\nkeep = p99(test.wait, 6s) < 5ms\nby = cpu.max @siblings 20%..max\n";

static const struct trimtab_metric metrics[] = {
        { "test.wait", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
        { "test.run", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
        { "test.load", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
        { "test.heat", "", "", "host", TRIMTAB_GAUGE, 0 },
};
static const struct trimtab_knob knobs[] = {
        { .name = "cpu.weight",
          .unit = "",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_WEIGHT,
          .min = 1,
          .max = 10000,
          .file = "{path}/w" },
        { .name = "cpu.max",
          .unit = "%",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_MAX,
          .min = 1,
          .max = 1e6,
          .file = "{path}/m" },
        { .name = "cpuset.cpus", .unit = "", .scope = "cgroup", .type = TRIMTAB_CPULIST, .file = "{path}/c" },
};
static const struct trimtab_knob disk = { .name = "io.max",
                                          .unit = "B",
                                          .scope = "cgroup",
                                          .type = TRIMTAB_NUMBER,
                                          .flags = TRIMTAB_KNOB_MAX,
                                          .min = 1,
                                          .max = 1e12,
                                          .file = "{path}/i",
                                          .key = "{device} wbps",
                                          .form = TRIMTAB_FORM_NESTED };

static void fill(struct catalogue *catalogue, struct objects *objects)
{
        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
                CHECK(catalogue_add_metric(catalogue, "test", &metrics[i],
                                           (uint32_t) objects_scope_add(objects, metrics[i].scope),
                                           NULL) == 0);
        for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
                CHECK(catalogue_add_knob(catalogue, "test", &knobs[i],
                                         (uint32_t) objects_scope_add(objects, knobs[i].scope), NULL) == 0);
        CHECK(catalogue_add_template(catalogue, "test", &disk, SCOPE_CGROUP, SCOPE_BLOCK) == 0);
}

static void check_messages(const struct diag *diag)
{
        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *item = &diag->items[i];

                CHECK(item->message && *item->message);
                if (item->source && item->column > 0)
                        CHECK(item->column <= strlen(item->source) + 1 &&
                              item->column - 1 + (item->width > 1 ? item->width : 0) <= strlen(item->source));
        }
}

static void run_test(const struct trial_world *world, const struct ini *tests,
                     const struct ini_section *section, const struct ini *rules)
{
        struct diag diag = { 0 };
        struct trial *trial;
        unsigned wrong;

        (void) trial_rules(tests, section, &diag);
        diag_clear(&diag);
        diag = (struct diag){ 0 };
        CHECK(trial_new(world, tests, section, rules, &diag, &trial) == 0);
        CHECK(!trial || diag.n_errors == 0);
        wrong = diag.n_errors;
        if (trial)
                CHECK(trial_run(trial, &diag) == 0);
        else
                CHECK(wrong > 0 || section->broken || tests->n_sections > 1);
        check_messages(&diag);
        trial_free(trial);
        diag_clear(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct trial_world world = { .max_ticks = MAX_TICKS };
        struct ini rules = { 0 }, tests = { 0 };
        struct diag diag = { 0 };
        struct objects *objects;

        CHECK(catalogue_new(&world.catalogue) == 0 && objects_new(&objects) == 0);
        fill(world.catalogue, objects);
        world.scopes = objects;
        CHECK(ini_load_text(&rules, "r.conf", rules_text, strlen(rules_text), &diag) == 0);
        CHECK(ini_load_text(&tests, "t.test", (const char *) data, size, &diag) == 0);
        trials_check(&tests, &diag);
        check_messages(&diag);

        for (size_t i = 0; i < tests.n_sections; i++)
                if (strcmp(tests.sections[i].kind, "test") == 0)
                        run_test(&world, &tests, &tests.sections[i], &rules);

        /* No knob of a device is left behind. */
        for (uint32_t i = 0; i < catalogue_n_knobs(world.catalogue); i++)
                CHECK(!catalogue_knob_at(world.catalogue, i)->device ||
                      !catalogue_knob_at(world.catalogue, i)->plugin);
        ini_clear(&tests);
        ini_clear(&rules);
        diag_clear(&diag);
        objects_free(objects);
        catalogue_free(world.catalogue);
        return 0;
}
