/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a tick of the decision core costs in CPU, and how that grows with the machine.
 *
 *     bench-decide RESULTS.json
 *
 * A made-up machine of 10 to 10,000 cgroups, a tenth of them selected by 50 rules that use 20 metrics: five rules and
 * all 20 metrics on each selected cgroup, every series looked at in every tick, one cgroup in fifty so loaded that
 * its rules act. The largest machine also with 1,000 cgroups that come and go in each tick, and with all rules
 * on all selected cgroups.
 */

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "decide/engine.h"
#include "sense/histogram.h"
#include "util/clock.h"

enum {
        PARTS = 5,  /* rules on a cgroup, each with four metrics of its own */
        GROUPS = 10, /* slices that hold the selected cgroups */
        RULES = PARTS * GROUPS,
        METRICS = 4 * PARTS,
        WARM_UP = 30, /* ticks, longer than any window: then a sample goes for each that comes */
        RUNS = 61,
        LOADED = 50, /* one in that many */
};

#define SLOTS_IN_USE 24 /* what a latency spreads over in ten seconds */
#define TARGET_MS 2.0

struct setting {
        const char *name;
        size_t n_objects, n_churn;
        bool all_on_all;
};

static const struct setting settings[] = {
        { "10 cgroups", 10, 0, false },
        { "100 cgroups", 100, 0, false },
        { "1,000 cgroups", 1000, 0, false },
        { "10,000 cgroups", 10000, 0, false },
        { "10,000 cgroups, 1,000 come and go a tick", 10000, 1000, false },
        { "10,000 cgroups, every rule on all 1,000", 10000, 0, true },
};

struct machine {
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct view view;
        size_t n_objects, n_selected;
        uint64_t next_key;
        double *weights; /* of the selected, by key */
};

static void must(bool holds, const char *what)
{
        if (holds)
                return;
        (void) fprintf(stderr, "bench-decide: %s\n", what);
        exit(1);
}

static double *weight_of(struct machine *m, struct oid object)
{
        must(object.key >= 1 && object.key <= m->n_selected, "a rule acted where it should not");
        return &m->weights[object.key];
}

static int current(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        *ret = value_number(*weight_of(userdata, object));
        return 0;
}

static int original(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        *ret = value_number(100);
        return 0;
}

static bool busy(void *userdata, const struct knob *k, struct oid object)
{
        return false;
}

/* Four metrics a part: a latency, a run time, a count, a share. */
static void add_metrics(struct machine *m)
{
        static const struct {
                const char *unit;
                uint32_t kind;
        } kinds[] = { { "ns", TRIMTAB_HISTOGRAM }, { "ns", TRIMTAB_COUNTER }, { "", TRIMTAB_COUNTER }, { "%", TRIMTAB_GAUGE } };
        struct trimtab_knob knob = { .name = "cpu.weight", .unit = "", .help = "", .scope = "cgroup", .type = TRIMTAB_NUMBER,
                                     .flags = TRIMTAB_KNOB_WEIGHT, .min = 1, .max = 10000, .file = "{path}/cpu.weight" };
        struct metric *metric;
        struct knob *added;
        char name[32];

        for (size_t i = 0; i < METRICS; i++) {
                struct trimtab_metric from = { name, kinds[i % 4].unit, "", "cgroup", kinds[i % 4].kind, 0 };

                (void) snprintf(name, sizeof(name), "bench.m%zu", i);
                must(catalogue_add_metric(m->catalogue, "bench", &from, SCOPE_CGROUP, &metric) == 0, "no metric");
        }
        must(catalogue_add_knob(m->catalogue, "bench", &knob, SCOPE_CGROUP, &added) == 0, "no knob");
}

static void add_objects(struct machine *m)
{
        char name[64];

        for (uint64_t key = 1; key <= m->n_objects; key++) {
                if (key <= m->n_selected)
                        (void) snprintf(name, sizeof(name), "/g%u.slice/s%" PRIu64 ".service", (unsigned) (key % GROUPS), key);
                else
                        (void) snprintf(name, sizeof(name), "/other.slice/o%" PRIu64 ".scope", key);
                must(objects_add(m->objects, (struct oid){ SCOPE_CGROUP, key }, name, NULL) == 0, "no object");
        }
        m->next_key = m->n_objects + 1;
}

static void add_rules(struct machine *m, bool all_on_all)
{
        struct ini ini = { 0 };
        struct diag diag = { 0 };
        struct ruleset *set;
        char text[RULES * 512];
        size_t n = 0;

        for (unsigned i = 0; i < RULES; i++) {
                unsigned first = 4 * (i / GROUPS);

                n += (size_t) snprintf(text + n, sizeof(text) - n,
                                       "[rule r%u]\n"
                                       "for = cgroup:/g%s.slice/*.service\n"
                                       "when = p99(bench.m%u) > 50ms and rate(bench.m%u) > 10%% and rate(bench.m%u) > 5 and avg(bench.m%u) > 50%%\n"
                                       "until = p99(bench.m%u) < 20ms\n"
                                       "within = cpu.weight 100..1000\n"
                                       "then = cpu.weight *= 1.5\n",
                                       i, all_on_all ? "*" : (const char[]){ (char) ('0' + i % GROUPS), 0 }, first,
                                       first + 1, first + 2, first + 3, first);
        }
        must(ini_load_text(&ini, "bench.conf", text, n, &diag) == 0 &&
                     ruleset_parse(&ini, m->catalogue, m->objects, &diag, &set) == 0,
             "no rules");
        if (diag.n_errors > 0)
                diag_print(&diag, stderr, false);
        must(diag.n_errors == 0 && ruleset_n(set) == RULES && engine_set_rules(m->engine, set) == 0, "bad rules");
        ini_clear(&ini);
        diag_clear(&diag);
}

static void machine_init(struct machine *m, const struct setting *s)
{
        *m = (struct machine){ .n_objects = s->n_objects, .n_selected = s->n_objects / 10 };
        m->weights = calloc(m->n_selected + 1, sizeof(*m->weights));
        must(m->weights && catalogue_new(&m->catalogue) == 0 && objects_new(&m->objects) == 0 &&
                     store_new(m->catalogue, &m->store) == 0 && engine_new(&m->engine) == 0,
             "out of memory");
        for (size_t i = 0; i <= m->n_selected; i++)
                m->weights[i] = 100;
        add_metrics(m);
        add_objects(m);
        add_rules(m, s->all_on_all);
        m->view = (struct view){
                .catalogue = m->catalogue,
                .objects = m->objects,
                .store = m->store,
                .now_ns = 1000 * NSEC_PER_SEC,
                .mode = MODE_ENFORCE,
                .current = current,
                .original = original,
                .busy = busy,
                .userdata = m,
        };
}

static void machine_clear(struct machine *m)
{
        engine_free(m->engine);
        store_free(m->store);
        objects_free(m->objects);
        catalogue_free(m->catalogue);
        free(m->weights);
}

/* What the plugins do in a tick. */
static void measure(struct machine *m)
{
        uint64_t seconds = m->view.now_ns / NSEC_PER_SEC, slots[TRIMTAB_HIST_SLOTS];

        for (uint64_t key = 1; key <= m->n_selected; key++) {
                bool loaded = key % LOADED == 0;
                uint32_t first = trimtab_hist_slot(loaded ? 60000000 : 1000000) - SLOTS_IN_USE / 2;

                memset(slots, 0, sizeof(slots));
                for (uint32_t i = 0; i < SLOTS_IN_USE; i++)
                        slots[first + i] = seconds * (SLOTS_IN_USE - i) / (1 + (key + i) % 3);
                for (uint32_t metric = 0; metric < METRICS; metric++) {
                        double values[] = { 0, (double) m->view.now_ns * (loaded ? 0.5 : 0.05), (double) (seconds * key),
                                            loaded ? 80 : (double) (seconds % 40) };

                        if (metric % 4 == 0)
                                (void) store_put_histogram(m->store, metric, key, m->view.now_ns, slots,
                                                           TRIMTAB_HIST_SLOTS, NAN);
                        else
                                (void) store_put(m->store, metric, key, m->view.now_ns, values[metric % 4]);
                }
        }
}

/* Some that no rule selects: they go, and as many others come. */
static void churn(struct machine *m, size_t n)
{
        char name[64];

        for (size_t i = 0; i < n; i++) {
                uint64_t gone = m->next_key - n;

                (void) objects_remove(m->objects, (struct oid){ SCOPE_CGROUP, gone });
                (void) snprintf(name, sizeof(name), "/other.slice/o%" PRIu64 ".scope", m->next_key);
                (void) objects_add(m->objects, (struct oid){ SCOPE_CGROUP, m->next_key++ }, name, NULL);
        }
}

static int count(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        ++*(size_t *) userdata;
        return 0;
}

static void heed(struct machine *m, const struct decisions *decisions)
{
        for (size_t i = 0; i < decisions->n; i++) {
                const struct decision *d = &decisions->items[i];

                *weight_of(m, d->object) = d->verb == VERB_SET ? d->value.number : 100;
                engine_outcome(m->engine, d->knob, d->object, 0, &d->value);
        }
}

struct cost {
        double put_ms[RUNS], wants_ms[RUNS], tick_ms[RUNS], decide_ms[RUNS];
        size_t n_wants, n_decisions, store_bytes;
};

static double ms_since(uint64_t *since_ns)
{
        uint64_t now_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID), before_ns = *since_ns;

        *since_ns = now_ns;
        return (double) (now_ns - before_ns) / 1e6;
}

static void run(const struct setting *s, struct cost *c)
{
        struct machine m;

        *c = (struct cost){ 0 };
        machine_init(&m, s);
        for (int i = -WARM_UP; i < RUNS; i++) {
                uint64_t at_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
                struct decisions decisions;
                double put_ms, wants_ms, tick_ms;
                size_t n_wants = 0;

                measure(&m);
                put_ms = ms_since(&at_ns);
                churn(&m, s->n_churn);
                (void) ms_since(&at_ns);
                must(engine_wants(m.engine, &m.view, count, &n_wants) == 0, "nothing wanted");
                wants_ms = ms_since(&at_ns);
                must(engine_tick(m.engine, &m.view, &decisions) == 0, "cannot decide");
                tick_ms = ms_since(&at_ns);

                c->n_decisions += decisions.n;
                c->n_wants = n_wants;
                heed(&m, &decisions);
                m.view.now_ns += NSEC_PER_SEC;
                if (i < 0)
                        continue;
                c->put_ms[i] = put_ms;
                c->wants_ms[i] = wants_ms;
                c->tick_ms[i] = tick_ms;
                c->decide_ms[i] = wants_ms + tick_ms;
        }
        c->store_bytes = store_size(m.store);
        must(m.n_selected < LOADED || c->n_decisions > 0, "no rule acted");
        must(c->n_wants == METRICS * m.n_selected, "not every metric was wanted");
        machine_clear(&m);
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

/* Sorts the values; *ret_spread is half the distance of the outer quartiles, relative to the median. */
static double median(double *values, double *ret_spread)
{
        qsort(values, RUNS, sizeof(*values), compare);
        *ret_spread = (values[RUNS * 3 / 4] - values[RUNS / 4]) / 2 / values[RUNS / 2];
        return values[RUNS / 2];
}

int main(int argc, char **argv)
{
        const size_t n = sizeof(settings) / sizeof(settings[0]);
        static struct cost cost;
        FILE *json;

        if (argc != 2) {
                (void) fprintf(stderr, "usage: bench-decide RESULTS.json\n");
                return 2;
        }
        json = fopen(argv[1], "we");
        if (!json) {
                perror(argv[1]);
                return 1;
        }

        (void) printf("decide: CPU ms a tick, median of %d; 50 rules, 20 metrics, a tenth of the cgroups selected; target %g ms\n",
                      RUNS, TARGET_MS);
        (void) printf("  %-42s %8s %8s %8s %8s %9s\n", "", "put", "wants", "tick", "decide", "store KiB");
        (void) fputs("[", json);
        for (size_t i = 0; i < n; i++) {
                double spread, decide, unused;

                run(&settings[i], &cost);
                decide = median(cost.decide_ms, &spread);
                (void) printf("  %-42s %8.3f %8.3f %8.3f %8.3f %9zu\n", settings[i].name, median(cost.put_ms, &unused),
                              median(cost.wants_ms, &unused), median(cost.tick_ms, &unused), decide,
                              cost.store_bytes / 1024);
                (void) fprintf(json,
                               "%s\n  {\"bench\": \"decide\", \"subject\": \"%s\", \"baseline\": null, \"value\": %.4f, "
                               "\"unit\": \"ms\", \"ratio\": null, \"spread\": %.4f, \"runs\": %d, "
                               "\"note\": \"target %g ms; %zu series, %zu KiB\"}",
                               i > 0 ? "," : "", settings[i].name, decide, spread, RUNS, TARGET_MS, cost.n_wants,
                               cost.store_bytes / 1024);
        }
        (void) fputs("\n]\n", json);
        return fclose(json) == 0 ? 0 : 1;
}
