/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any text as rules, in a small made-up machine for some minutes of made-up time: every message points into
 * the text, no value leaves its knob's range or is no number, a knob has one owner, a rule of which it was
 * said that it can never act does not, and when the rules are gone, nothing of theirs is left.
 */

#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/ini.h"
#include "config/protect.h"
#include "decide/engine.h"
#include "decide/value.h"

#define SECOND 1000000000ull
#define N_TICKS 64
#define N_KNOBS 6
#define N_OBJECTS 8

static const struct trimtab_metric metrics[] = {
        { "sched.runq_latency", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
        { "sched.runtime", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
        { "cgroup.cpu_some", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
        { "cgroup.memory_current", "B", "", "cgroup", TRIMTAB_GAUGE, 0 },
        { "host.load", "", "", "host", TRIMTAB_GAUGE, 0 },
};

static const char *const choices[] = { "none", "low", "high", NULL };

static const struct trimtab_knob knobs[N_KNOBS] = {
        { .name = "cpu.weight",
          .unit = "",
          .help = "",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_WEIGHT,
          .min = 1,
          .max = 10000,
          .file = "{path}/cpu.weight" },
        { .name = "cpu.max",
          .unit = "%",
          .help = "",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_MAX,
          .min = 1,
          .max = 1000000,
          .file = "{path}/cpu.max",
          .use_metric = "sched.runtime" },
        { .name = "memory.high",
          .unit = "B",
          .help = "",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_MAX,
          .min = 0,
          .max = 0x1p62,
          .file = "{path}/memory.high",
          .use_metric = "cgroup.memory_current" },
        { .name = "cpuset.cpus",
          .unit = "",
          .help = "",
          .scope = "cgroup",
          .type = TRIMTAB_CPULIST,
          .file = "{path}/cpuset.cpus" },
        { .name = "host.mode",
          .unit = "",
          .help = "",
          .scope = "host",
          .type = TRIMTAB_CHOICE,
          .choices = choices,
          .file = "/mode" },
        { .name = "host.wait",
          .unit = "us",
          .help = "",
          .scope = "host",
          .type = TRIMTAB_NUMBER,
          .min = 0,
          .max = 1e6,
          .file = "/wait" },
};

/* Keys from 1; the host has none of these. */
static const char *const cgroups[N_OBJECTS - 1] = {
        "/",
        "/a",
        "/a/web",
        "/a/db",
        "/system.slice",
        "/system.slice/nginx.service",
        "/system.slice/postgresql.service",
};

/* What the knobs hold: by knob number and object key, 0 for the host. */
struct machine {
        struct trimtab_value now[N_KNOBS][N_OBJECTS], original[N_KNOBS][N_OBJECTS];
        bool ours[N_KNOBS][N_OBJECTS][2]; /* the last: advised only */
        uint64_t random;
        const struct diag *diag; /* what was said of the rules */
};

static unsigned pick(struct machine *m, unsigned n)
{
        m->random ^= m->random << 13;
        m->random ^= m->random >> 7;
        m->random ^= m->random << 17;
        return (unsigned) (m->random >> 33) % n;
}

static int current(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        struct machine *m = userdata;

        CHECK(object.key < N_OBJECTS);
        *ret = m->now[k->number][object.key];
        return 0;
}

static int original(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        struct machine *m = userdata;

        CHECK(object.key < N_OBJECTS);
        *ret = m->original[k->number][object.key];
        return 0;
}

static bool busy(void *userdata, const struct knob *k, struct oid object)
{
        return pick(userdata, 16) == 0;
}

static void fill(struct machine *m, struct catalogue *catalogue, struct objects *objects)
{
        struct metric *metric;
        struct knob *knob;

        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
                CHECK(catalogue_add_metric(catalogue, "test", &metrics[i],
                                           (uint32_t) objects_scope_add(objects, metrics[i].scope),
                                           &metric) >= 0);
        for (size_t i = 0; i < N_KNOBS; i++) {
                CHECK(catalogue_add_knob(catalogue, "test", &knobs[i],
                                         (uint32_t) objects_scope_add(objects, knobs[i].scope), &knob) >= 0);
                CHECK(knob->number == i);
                for (size_t k = 0; k < N_OBJECTS; k++) {
                        struct trimtab_value *v = &m->original[i][k];

                        if (knobs[i].type == TRIMTAB_NUMBER)
                                *v = value_number(
                                        knobs[i].flags & TRIMTAB_KNOB_MAX && k % 2 ? (double) INFINITY : 100);
                        else
                                CHECK(value_text(knobs[i].type,
                                                 knobs[i].type == TRIMTAB_CPULIST ? "0-3" : "none", v) == 0);
                        m->now[i][k] = *v;
                }
        }
        for (uint64_t i = 0; i < N_OBJECTS - 1; i++)
                CHECK(objects_add(objects, (struct oid){ SCOPE_CGROUP, i + 1 }, cgroups[i], "/x") >= 0);
}

static void measure(struct machine *m, struct store *store, uint64_t now_ns)
{
        uint64_t slots[64] = { 0 };
        uint64_t second = now_ns / SECOND;

        CHECK(store_put(store, 4, 0, now_ns, pick(m, 100)) >= 0);
        for (uint64_t k = 1; k < N_OBJECTS; k++) {
                if (pick(m, 8) == 0)
                        continue;
                for (size_t i = 0; i < 64; i++)
                        slots[i] = second * (i + k);
                CHECK(store_put_histogram(store, 0, k, now_ns, slots, 64, NAN) >= 0);
                CHECK(store_put(store, 1, k, now_ns, (double) (now_ns / k)) >= 0);
                CHECK(store_put(store, 2, k, now_ns, second / 16 % 2 ? 90 : pick(m, 10)) >= 0);
                CHECK(store_put(store, 3, k, now_ns, pick(m, 1u << 31)) >= 0);
        }
}

static void check_set(const struct view *view, const struct decision *d)
{
        const struct knob *k = catalogue_knob_at(view->catalogue, d->knob);
        double number = d->value.number;

        CHECK(d->value.type == k->type);
        if (k->type != TRIMTAB_NUMBER) {
                CHECK(memchr(d->value.text, 0, sizeof(d->value.text)));
                return;
        }
        CHECK(!isnan(number));
        CHECK((isinf(number) && number > 0 && k->flags & TRIMTAB_KNOB_MAX) ||
              (number >= k->min && number <= k->max));
}

/* Whether it was said that this rule can never fire or act. */
static bool is_said_idle(const struct diag *diag, const char *rule)
{
        char beginning[256];
        int n = snprintf(beginning, sizeof(beginning), "rule '%s' can never ", rule);

        for (size_t i = 0; i < diag->n && n < (int) sizeof(beginning); i++)
                if (strncmp(diag->items[i].message, beginning, (size_t) n) == 0)
                        return true;
        return false;
}

static void heed(struct machine *m, struct engine *e, const struct view *view,
                 const struct decisions *decisions)
{
        for (size_t i = 0; i < decisions->n; i++) {
                const struct decision *d = &decisions->items[i];
                struct trimtab_value *now = &m->now[d->knob][d->object.key];
                bool *ours = &m->ours[d->knob][d->object.key][d->advise];
                const char *owner, *shadowed;
                int error = pick(m, 16) == 0 ? pick(m, 2) ? -16 : -22 : 0;

                CHECK(d->rule && memchr(d->reason, 0, sizeof(d->reason)));
                for (size_t k = 0; k < i; k++)
                        CHECK(decisions->items[k].knob != d->knob ||
                              decisions->items[k].advise != d->advise ||
                              !oid_equal(decisions->items[k].object, d->object));
                if (d->verb != VERB_SET) {
                        CHECK(*ours);
                        *ours = false;
                        *now = m->original[d->knob][d->object.key];
                        continue;
                }

                check_set(view, d);
                CHECK(!is_said_idle(m->diag, d->rule));
                CHECK(engine_owner(e, d->knob, d->object, &owner, &shadowed) == 0);
                CHECK(d->advise || strcmp(owner, d->rule) == 0);
                *ours = true;
                if (d->advise)
                        continue;
                if (error == 0)
                        *now = d->value;
                engine_outcome(e, d->knob, d->object, error, now);
                /* Whether it is ours still after an error, the engine knows: the end is what counts. */
        }
}

static int want(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        CHECK(metric < sizeof(metrics) / sizeof(metrics[0]));
        CHECK(object < N_OBJECTS);
        CHECK(window_ns > 0);
        return 0;
}

static int show(void *userdata, const struct instance_info *info)
{
        CHECK(info->rule && info->measured && strlen(info->measured) < 512);
        CHECK(phase_name(info->phase));
        return 0;
}

static void check_messages(const struct diag *diag)
{
        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *item = &diag->items[i];

                CHECK(item->message);
                if (item->source)
                        CHECK(item->column >= 1 && item->column <= strlen(item->source) + 1 &&
                              item->column - 1 + (item->width > 1 ? item->width : 0) <= strlen(item->source));
        }
}

static void run(struct machine *m, struct engine *e, struct view *view, struct store *store)
{
        struct ruleset *none;
        struct ini empty = { 0 };
        struct diag diag = { 0 };
        struct decisions decisions;

        for (unsigned i = 0; i < N_TICKS; i++) {
                measure(m, store, view->now_ns);
                CHECK(engine_wants(e, view, want, NULL) == 0);
                CHECK(engine_tick(e, view, &decisions) == 0);
                CHECK(engine_foreach_instance(e, show, NULL) == 0);
                heed(m, e, view, &decisions);
                view->now_ns += (1 + pick(m, 8)) * SECOND;
        }

        CHECK(ruleset_parse(&empty, view->catalogue, view->objects, &diag, &none) == 0);
        CHECK(engine_set_rules(e, none) == 0);
        for (unsigned i = 0; i < N_TICKS; i++) {
                CHECK(engine_tick(e, view, &decisions) == 0);
                heed(m, e, view, &decisions);
        }
        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (uint64_t o = 0; o < N_OBJECTS; o++) {
                        const char *owner, *shadowed;

                        CHECK(engine_owner(
                                      e, k,
                                      (struct oid){ knobs[k].scope[0] == 'h' ? SCOPE_HOST : SCOPE_CGROUP, o },
                                      &owner, &shadowed) < 0);
                }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct machine machine;
        struct machine *m = &machine;
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct ruleset *set;
        struct ini ini = { 0 };
        struct diag diag = { 0 };

        memset(m, 0, sizeof(*m));
        m->random = 88172645463325252ull + size;
        m->diag = &diag;
        CHECK(catalogue_new(&catalogue) == 0 && objects_new(&objects) == 0 && engine_new(&engine) == 0);
        fill(m, catalogue, objects);
        CHECK(store_new(catalogue, &store) == 0);

        CHECK(ini_load_text(&ini, "rules.conf", (const char *) data, size, &diag) == 0);
        CHECK(ruleset_parse(&ini, catalogue, objects, &diag, &set) == 0);
        check_messages(&diag);
        CHECK(ruleset_n(set) <= ini.n_sections);
        ini_clear(&ini); /* a set stands by itself */

        if (ruleset_n(set) > 0) {
                struct view view = {
                        .catalogue = catalogue,
                        .objects = objects,
                        .store = store,
                        .now_ns = 1000 * SECOND,
                        .mode = size % 4 ? MODE_ENFORCE : MODE_ADVISE,
                        .protect = protect_builtin(),
                        .current = current,
                        .original = original,
                        .busy = busy,
                        .userdata = m,
                };

                CHECK(engine_set_rules(engine, set) == 0);
                run(m, engine, &view, store);
        } else {
                ruleset_free(set);
        }

        engine_free(engine);
        store_free(store);
        objects_free(objects);
        catalogue_free(catalogue);
        diag_clear(&diag);
        return 0;
}
