/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decide/rule.h"
#include "world.h"

static const struct trimtab_metric metrics[] = {
        { "sched.latency", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
        { "sched.runtime", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
        { "mem.used", "B", "", "cgroup", TRIMTAB_GAUGE, 0 },
        { "psi.cpu", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
        { "net.load", "", "", "host", TRIMTAB_GAUGE, 0 },
        { "irq.count", "", "", "irq", TRIMTAB_COUNTER, 0 },
};

static const char *const modes[] = { "off", "low", "high", NULL };
static const char *const words[] = { "calmest", "spread", NULL };

static int is_asked_through_the_view(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret)
{
        fail();
        return 0;
}

static const struct trimtab_knob knobs[] = {
        { .name = "cpu.weight",
          .unit = "",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_WEIGHT,
          .min = 1,
          .max = 10000,
          .file = "{path}/cpu.weight" },
        { .name = "cpu.max",
          .unit = "%",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_MAX,
          .min = 1,
          .max = 100000,
          .file = "{path}/cpu.max",
          .use_metric = "sched.runtime" },
        { .name = "mem.high",
          .unit = "B",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_MAX,
          .min = 0,
          .max = 1e15,
          .file = "{path}/memory.high",
          .use_metric = "mem.used" },
        { .name = "cpu.set",
          .unit = "",
          .scope = "cgroup",
          .type = TRIMTAB_CPULIST,
          .file = "{path}/cpuset.cpus" },
        { .name = "irq.mode",
          .unit = "",
          .scope = "irq",
          .type = TRIMTAB_CHOICE,
          .choices = modes,
          .file = "{path}/mode" },
        { .name = "irq.cpus",
          .unit = "",
          .scope = "irq",
          .type = TRIMTAB_CPULIST,
          .choices = words,
          .file = "{path}/cpus" },
        { .name = "irq.pins",
          .unit = "",
          .scope = "irq",
          .type = TRIMTAB_CPULIST,
          .file = "{path}/pins",
          .check = is_asked_through_the_view },
        { .name = "vm.pages",
          .unit = "",
          .scope = "host",
          .type = TRIMTAB_NUMBER,
          .min = 0,
          .max = 100,
          .file = "/proc/sys/vm/pages",
          .check = is_asked_through_the_view },
        { .name = "page.drop",
          .unit = "B",
          .scope = "cgroup",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_ACTION,
          .min = 4096,
          .max = 1e15,
          .file = "{path}/memory.reclaim" },
        { .name = "vm.ratio",
          .unit = "",
          .scope = "host",
          .type = TRIMTAB_NUMBER,
          .min = 0,
          .max = 100,
          .file = "/proc/sys/vm/ratio" },
};

static const struct {
        uint64_t key;
        const char *name;
} cgroups[] = {
        { ROOT, "/" },         { A, "/a" },       { WEB, "/a/web" }, { DB, "/a/db" },
        { BATCH, "/a/batch" }, { LOG, "/a/log" }, { B, "/b" },       { BWEB, "/b/web" },
};

struct oid cgroup(uint64_t key)
{
        return (struct oid){ SCOPE_CGROUP, key };
}

uint32_t knob_number(const struct world *w, const char *name)
{
        const struct knob *k = catalogue_knob(w->catalogue, name, strlen(name));

        assert_non_null(k);
        return k->number;
}

static struct trimtab_value initial(const struct knob *k)
{
        struct trimtab_value v;

        if (k->type == TRIMTAB_NUMBER)
                return value_number(k->flags & TRIMTAB_KNOB_MAX      ? (double) INFINITY
                                    : k->flags & TRIMTAB_KNOB_WEIGHT ? 100
                                                                     : 20);
        assert_int_equal(value_text(k->type, k->type == TRIMTAB_CPULIST ? "0-3" : "off", &v), 0);
        return v;
}

static struct knob_state *state_of(struct world *w, const struct knob *k, struct oid object)
{
        struct knob_state *s;

        for (size_t i = 0; i < w->n_knobs; i++)
                if (w->knobs[i].knob == k->number && oid_equal(w->knobs[i].object, object))
                        return &w->knobs[i];

        assert_true(w->n_knobs < sizeof(w->knobs) / sizeof(w->knobs[0]));
        s = &w->knobs[w->n_knobs++];
        *s = (struct knob_state){
                .knob = k->number, .object = object, .now = initial(k), .original = initial(k)
        };
        return s;
}

struct knob_state *knob_state(struct world *w, const char *name, struct oid object)
{
        return state_of(w, catalogue_knob_at(w->catalogue, knob_number(w, name)), object);
}

static int current(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        struct knob_state *s = state_of(userdata, k, object);

        *ret = s->now;
        return s->error;
}

static int original(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        struct knob_state *s = state_of(userdata, k, object);

        *ret = s->touched ? s->original : s->now;
        return s->error;
}

static int resolve(void *userdata, const struct knob *k, struct oid object, const struct trimtab_value *said,
                   struct trimtab_value *ret)
{
        struct world *w = userdata;

        w->n_resolved++;
        if (w->means_error < 0)
                return w->means_error;
        if (k->type == TRIMTAB_NUMBER) {
                *ret = value_number(trunc(said->number / 8) * 8);
                return 0;
        }
        return value_text(k->type, w->means ?: state_of(w, k, object)->now.text, ret);
}

static bool busy(void *userdata, const struct knob *k, struct oid object)
{
        return state_of(userdata, k, object)->busy;
}

void world_init(struct world *w)
{
        struct metric *m;
        struct knob *k;

        memset(w, 0, sizeof(*w));
        assert_int_equal(catalogue_new(&w->catalogue), 0);
        assert_int_equal(objects_new(&w->objects), 0);
        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
                assert_int_equal(
                        catalogue_add_metric(w->catalogue, "test", &metrics[i],
                                             (uint32_t) objects_scope_add(w->objects, metrics[i].scope), &m),
                        0);
        for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
                assert_int_equal(catalogue_add_knob(w->catalogue, "test", &knobs[i],
                                                    (uint32_t) objects_scope_add(w->objects, knobs[i].scope),
                                                    &k),
                                 0);
        for (size_t i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++)
                assert_int_equal(objects_add(w->objects, cgroup(cgroups[i].key), cgroups[i].name, "/x"), 0);
        assert_int_equal(objects_add(w->objects, (struct oid){ SCOPE_IRQ, 7 }, "7", "/x"), 0);
        assert_int_equal(objects_add(w->objects, (struct oid){ SCOPE_IRQ, 9 }, "9", "/x"), 0);
        assert_int_equal(store_new(w->catalogue, &w->store), 0);
        assert_int_equal(engine_new(&w->engine), 0);

        w->view = (struct view){
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .now_ns = 1000 * SEC,
                .mode = MODE_ENFORCE,
                .current = current,
                .original = original,
                .resolve = resolve,
                .busy = busy,
                .userdata = w,
        };
}

void world_clear(struct world *w)
{
        engine_free(w->engine);
        ini_clear(&w->ini);
        diag_clear(&w->diag);
        store_free(w->store);
        objects_free(w->objects);
        catalogue_free(w->catalogue);
}

int world_parse(struct world *w, const char *text, struct ruleset **ret)
{
        char path[32];

        snprintf(path, sizeof(path), "%zu.conf", w->ini.n_files + 1);
        assert_int_equal(ini_load_text(&w->ini, path, text, strlen(text), &w->diag), 0);
        assert_int_equal(ruleset_parse(&w->ini, w->catalogue, w->objects, &w->diag, ret), 0);
        return w->diag.n_errors > 0 ? -1 : 0;
}

void world_rules(struct world *w, const char *text)
{
        struct ruleset *set;

        ini_clear(&w->ini);
        diag_clear(&w->diag);
        if (world_parse(w, text, &set) < 0) {
                diag_print(&w->diag, stderr, false);
                fail_msg("the rules have errors");
        }
        assert_int_equal(engine_set_rules(w->engine, set), 0);
}

static const struct metric *metric(const struct world *w, const char *name)
{
        const struct metric *m = catalogue_metric(w->catalogue, name, strlen(name));

        assert_non_null(m);
        return m;
}

void put(struct world *w, const char *name, uint64_t object, double value)
{
        assert_int_equal(store_put(w->store, metric(w, name)->number, object, w->view.now_ns, value), 0);
}

void tick_only(struct world *w)
{
        assert_int_equal(engine_tick(w->engine, &w->view, &w->decisions), 0);
        w->view.now_ns += SEC;
}

void apply(struct world *w)
{
        for (size_t i = 0; i < w->decisions.n; i++) {
                const struct decision *d = &w->decisions.items[i];
                struct knob_state *s = state_of(w, catalogue_knob_at(w->catalogue, d->knob), d->object);

                if (d->advise)
                        continue;
                assert_false(s->busy);
                if (d->verb == VERB_SET) {
                        if (!s->touched)
                                s->original = s->now;
                        s->touched = true;
                        s->now = d->value;
                } else if (d->verb == VERB_RESTORE) {
                        s->now = s->original;
                        s->touched = false;
                }
                engine_outcome(w->engine, d->knob, d->object, 0, &s->now);
        }
}

void tick(struct world *w)
{
        tick_only(w);
        apply(w);
}

void pass(struct world *w, int seconds, double percent)
{
        for (int i = 0; i < seconds; i++) {
                if (!isnan(percent))
                        put(w, "psi.cpu", WEB, percent);
                tick(w);
        }
}

void pass_quietly(struct world *w, int seconds, double percent)
{
        for (int i = 0; i < seconds; i++) {
                pass(w, 1, percent);
                if (i + 1 < seconds)
                        assert_int_equal(w->decisions.n, 0);
        }
}

void assert_weight_after(struct world *w, int seconds, double percent, double weight)
{
        pass_quietly(w, seconds + 1, percent);
        assert_int_equal(w->decisions.n, 1);
        assert_non_null(decided(w, "cpu.weight", WEB));
        if (fabs(value_of(w, "cpu.weight", WEB) - weight) > 0.01)
                fail_msg("cpu.weight is %g, expected %g", value_of(w, "cpu.weight", WEB), weight);
}

double value_of(struct world *w, const char *knob, uint64_t object)
{
        return knob_state(w, knob, cgroup(object))->now.number;
}

const struct decision *decided(const struct world *w, const char *knob, uint64_t object)
{
        for (size_t i = 0; i < w->decisions.n; i++)
                if (w->decisions.items[i].knob == knob_number(w, knob) &&
                    w->decisions.items[i].object.key == object)
                        return &w->decisions.items[i];
        return NULL;
}

struct wanted_instance {
        const char *rule;
        uint64_t object;
        struct instance_info info;
};

static int find(void *userdata, const struct instance_info *info)
{
        static char measured[512];
        struct wanted_instance *f = userdata;

        if (strcmp(info->rule->name, f->rule) != 0 || info->object.key != f->object)
                return 0;
        f->info = *info;
        snprintf(measured, sizeof(measured), "%s", info->measured);
        f->info.measured = measured;
        return 1;
}

struct instance_info info_of(const struct world *w, const char *rule, uint64_t object)
{
        struct wanted_instance f = { .rule = rule, .object = object };

        assert_int_equal(engine_foreach_instance(w->engine, find, &f), 1);
        return f.info;
}
