/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_THEATRE_H
#define TRIMTAB_TEST_THEATRE_H

/*
 * What plugins would offer, and how a test of rules is run over it from text.
 *
 *   metrics  test.wait (histogram ns), test.run (counter ns), test.bytes (counter B), test.load (gauge %, a
 * share), test.pids (gauge), test.temperature (gauge, host) knobs    cpu.weight (1..10000), cpu.max (%, or
 * max), cpuset.cpus, test.mode (low, high), test.fan (host), io.max[DEVICE] (of cgroups, for each disk)
 */

#include <string.h>

#include "cmocka-all.h"
#include "ruletest/trial.h"
#include "util/ownership.h"
#include "util/str.h"

DEFINE_CLEANUP(struct trial *, trial_free);

struct theatre {
        struct catalogue *catalogue;
        struct objects *objects;
        struct ini rules, tests;
        struct diag diag; /* of the test that was run last */
};

static inline void theatre_init(struct theatre *t)
{
        static const char *const modes[] = { "low", "high", NULL };
        static const struct trimtab_metric metrics[] = {
                { "test.wait", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
                { "test.run", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
                { "test.bytes", "B", "", "cgroup", TRIMTAB_COUNTER, 0 },
                { "test.load", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
                { "test.pids", "", "", "cgroup", TRIMTAB_GAUGE, 0 },
                { "test.temperature", "", "", "host", TRIMTAB_GAUGE, 0 },
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
                { .name = "cpuset.cpus",
                  .unit = "",
                  .scope = "cgroup",
                  .type = TRIMTAB_CPULIST,
                  .file = "{path}/c" },
                { .name = "test.mode",
                  .unit = "",
                  .scope = "cgroup",
                  .type = TRIMTAB_CHOICE,
                  .choices = modes,
                  .file = "{path}/o" },
                { .name = "test.fan",
                  .unit = "",
                  .scope = "host",
                  .type = TRIMTAB_NUMBER,
                  .min = 0,
                  .max = 100,
                  .file = "/f" },
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

        *t = (struct theatre){};
        assert_int_equal(catalogue_new(&t->catalogue), 0);
        assert_int_equal(objects_new(&t->objects), 0);
        for (size_t i = 0; i < ELEMENTSOF(metrics); i++)
                assert_int_equal(catalogue_add_metric(
                                         t->catalogue, "test", &metrics[i],
                                         (uint32_t) objects_scope_add(t->objects, metrics[i].scope), NULL),
                                 0);
        for (size_t i = 0; i < ELEMENTSOF(knobs); i++)
                assert_int_equal(catalogue_add_knob(t->catalogue, "test", &knobs[i],
                                                    (uint32_t) objects_scope_add(t->objects, knobs[i].scope),
                                                    NULL),
                                 0);
        assert_int_equal(catalogue_add_template(t->catalogue, "test", &disk, SCOPE_CGROUP, SCOPE_BLOCK), 0);
}

static inline void theatre_clear(struct theatre *t)
{
        ini_clear(&t->tests);
        ini_clear(&t->rules);
        diag_clear(&t->diag);
        objects_free(t->objects);
        catalogue_free(t->catalogue);
}

/* Runs the last [test …] of the text over the rules: how many errors. */
static inline unsigned theatre_run(struct theatre *t, const char *rules, const char *tests)
{
        const struct trial_world world = { t->catalogue, t->objects, 10000 };
        _cleanup_(trial_freep) struct trial *trial = NULL;
        unsigned before;

        ini_clear(&t->tests);
        ini_clear(&t->rules);
        diag_clear(&t->diag);
        t->tests = t->rules = (struct ini){};
        t->diag = (struct diag){};
        assert_int_equal(ini_load_text(&t->rules, "r.conf", rules, strlen(rules), &t->diag), 0);
        assert_int_equal(ini_load_text(&t->tests, "t.test", tests, strlen(tests), &t->diag), 0);
        trials_check(&t->tests, &t->diag);
        before = t->diag.n_errors;
        assert_int_equal(trial_new(&world, &t->tests, &t->tests.sections[t->tests.n_sections - 1], &t->rules,
                                   &t->diag, &trial),
                         0);
        assert_int_equal(trial == NULL, t->diag.n_errors > before);
        if (trial)
                assert_int_equal(trial_run(trial, &t->diag), 0);
        return t->diag.n_errors;
}

/* All is as expected; else it is printed what is not. */
static inline void theatre_passes(struct theatre *t, const char *rules, const char *tests)
{
        if (theatre_run(t, rules, tests) == 0)
                return;
        diag_print(&t->diag, stderr, false);
        fail();
}

/* Something is wrong in that line, and this is said of it. */
static inline void theatre_says(const struct theatre *t, unsigned line, unsigned column, const char *text)
{
        for (size_t i = 0; i < t->diag.n; i++)
                if (t->diag.items[i].line == line && t->diag.items[i].column == column &&
                    strstr(t->diag.items[i].message, text))
                        return;
        diag_print(&t->diag, stderr, false);
        fail_msg("not said: %u:%u: %s", line, column, text);
}

#endif
