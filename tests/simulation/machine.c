/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/diag.h"
#include "config/ini.h"

/* For how long a knob is left alone that somebody else turned, and one that refused. */
#define FOREIGN_BACKOFF_NS (600 * SECOND)
#define REFUSED_REST_NS (30 * SECOND)

static const char *const choices[] = { "low", "normal", "high", NULL };

static const struct trimtab_metric metrics[N_METRICS] = {
        [METRIC_LATENCY] = { "toy.latency", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
        [METRIC_RUNTIME] = { "toy.runtime", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
        [METRIC_PRESSURE] = { "toy.pressure", "%", "", "cgroup", TRIMTAB_GAUGE, 0 },
        [METRIC_MEMORY] = { "toy.memory", "B", "", "cgroup", TRIMTAB_GAUGE, 0 },
        [METRIC_LOAD] = { "toy.load", "", "", "host", TRIMTAB_GAUGE, 0 },
};

static const struct trimtab_knob knobs[N_KNOBS] = {
        [KNOB_WEIGHT] = { .name = "cpu.weight",
                          .unit = "",
                          .help = "",
                          .scope = "cgroup",
                          .type = TRIMTAB_NUMBER,
                          .flags = TRIMTAB_KNOB_WEIGHT,
                          .min = 1,
                          .max = 10000,
                          .file = "{path}/cpu.weight" },
        [KNOB_MAX] = { .name = "cpu.max",
                       .unit = "%",
                       .help = "",
                       .scope = "cgroup",
                       .type = TRIMTAB_NUMBER,
                       .flags = TRIMTAB_KNOB_MAX,
                       .min = 1,
                       .max = 100000,
                       .file = "{path}/cpu.max",
                       .use_metric = "toy.runtime" },
        [KNOB_MEMORY] = { .name = "memory.high",
                          .unit = "B",
                          .help = "",
                          .scope = "cgroup",
                          .type = TRIMTAB_NUMBER,
                          .flags = TRIMTAB_KNOB_MAX,
                          .min = 0,
                          .max = 0x1p50,
                          .file = "{path}/memory.high",
                          .use_metric = "toy.memory" },
        [KNOB_CPUS] = { .name = "cpuset.cpus",
                        .unit = "",
                        .help = "",
                        .scope = "cgroup",
                        .type = TRIMTAB_CPULIST,
                        .file = "{path}/cpuset.cpus" },
        [KNOB_MODE] = { .name = "cpu.mode",
                        .unit = "",
                        .help = "",
                        .scope = "cgroup",
                        .type = TRIMTAB_CHOICE,
                        .choices = choices,
                        .file = "{path}/mode" },
        [KNOB_RATIO] = { .name = "host.ratio",
                         .unit = "",
                         .help = "",
                         .scope = "host",
                         .type = TRIMTAB_NUMBER,
                         .min = 0,
                         .max = 100,
                         .file = "/ratio" },
};

static const char *const names[N_PLACES] = { "/", "/s", "/s/a", "/s/b", "/s/c", "/t", "/t/d", "" };

void machine_fail(const struct machine *m, const char *format, ...)
{
        va_list ap;

        (void) fprintf(stderr, "%s, %llu s: ", m->what,
                       (unsigned long long) ((m->view.now_ns - m->began_ns) / SECOND));
        va_start(ap, format);
        (void) vfprintf(stderr, format, ap);
        va_end(ap);
        (void) fprintf(stderr, "\n%s\n", m->rules ? m->rules : "");
        abort();
}

struct oid machine_object(const struct machine *m, unsigned place)
{
        return (struct oid){ place == PLACE_HOST ? SCOPE_HOST : SCOPE_CGROUP, m->keys[place] };
}

unsigned machine_place(const struct machine *m, struct oid object)
{
        for (unsigned i = 0; i < N_PLACES; i++)
                if (!m->gone[i] && oid_equal(object, machine_object(m, i)))
                        return i;
        return N_PLACES;
}

struct toy_knob *machine_knob(struct machine *m, uint32_t knob, struct oid object)
{
        unsigned place = machine_place(m, object);

        REQUIRE(m, knob < N_KNOBS && place < N_PLACES, "a knob of an object that is not there");
        REQUIRE(m, (knob == KNOB_RATIO) == (place == PLACE_HOST), "a knob of another scope");
        return &m->knobs[knob][place];
}

static int current(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        *ret = machine_knob(userdata, knob->number, object)->now;
        return 0;
}

static int original(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        const struct toy_knob *k = machine_knob(userdata, knob->number, object);

        *ret = k->ours ? k->original : k->now;
        return 0;
}

static bool busy(void *userdata, const struct knob *knob, struct oid object)
{
        struct machine *m = userdata;

        return m->view.now_ns < machine_knob(m, knob->number, object)->busy_until_ns;
}

static struct trimtab_value initial(uint32_t knob)
{
        struct trimtab_value v;

        if (knob == KNOB_MAX || knob == KNOB_MEMORY)
                return value_number(INFINITY);
        if (knob == KNOB_WEIGHT || knob == KNOB_RATIO)
                return value_number(knob == KNOB_WEIGHT ? 100 : 60);
        (void) value_text(knobs[knob].type, knob == KNOB_CPUS ? "0-3" : "normal", &v);
        return v;
}

static void place_init(struct machine *m, unsigned place)
{
        bool host = place == PLACE_HOST;

        m->keys[place] = host ? TRIMTAB_HOST_OBJECT : m->next_key++;
        m->gone[place] = false;
        for (uint32_t k = 0; k < N_KNOBS; k++)
                m->knobs[k][place] = (struct toy_knob){ .now = initial(k) };
        if (!host)
                REQUIRE(m, objects_add(m->objects, machine_object(m, place), names[place], "/x") == 0, "out of memory");
}

void machine_init(struct machine *m, struct chance *chance, const char *what)
{
        struct metric *metric;
        struct knob *knob;

        *m = (struct machine){ .chance = chance, .what = what, .next_key = 1, .began_ns = 1000000 * SECOND };
        REQUIRE(m,
                catalogue_new(&m->catalogue) == 0 && objects_new(&m->objects) == 0 && engine_new(&m->engine) == 0 &&
                        store_new(m->catalogue, &m->store) == 0,
                "out of memory");
        for (uint32_t i = 0; i < N_METRICS; i++)
                REQUIRE(m,
                        catalogue_add_metric(m->catalogue, "toy", &metrics[i], i == METRIC_LOAD ? SCOPE_HOST : SCOPE_CGROUP,
                                             &metric) == 0 &&
                                metric->number == i,
                        "no metric");
        for (uint32_t i = 0; i < N_KNOBS; i++)
                REQUIRE(m,
                        catalogue_add_knob(m->catalogue, "toy", &knobs[i], i == KNOB_RATIO ? SCOPE_HOST : SCOPE_CGROUP,
                                           &knob) == 0 &&
                                knob->number == i,
                        "no knob");
        for (unsigned i = 0; i < N_PLACES; i++)
                place_init(m, i);
        m->view = (struct view){
                .catalogue = m->catalogue,
                .objects = m->objects,
                .store = m->store,
                .now_ns = m->began_ns,
                .mode = MODE_ENFORCE,
                .current = current,
                .original = original,
                .busy = busy,
                .userdata = m,
        };
}

void machine_clear(struct machine *m)
{
        engine_free(m->engine);
        store_free(m->store);
        objects_free(m->objects);
        catalogue_free(m->catalogue);
}

void machine_rules(struct machine *m, const char *text)
{
        struct ini ini = { 0 };
        struct diag diag = { 0 };
        struct ruleset *set;

        m->rules = text;
        REQUIRE(m,
                ini_load_text(&ini, "toy.conf", text, strlen(text), &diag) == 0 &&
                        ruleset_parse(&ini, m->catalogue, m->objects, &diag, &set) == 0,
                "out of memory");
        if (diag.n_errors > 0)
                diag_print(&diag, stderr, false);
        REQUIRE(m, diag.n_errors == 0, "the rules have errors");
        REQUIRE(m, engine_set_rules(m->engine, set) == 0, "out of memory");
        ini_clear(&ini);
        diag_clear(&diag);
}

void machine_remove(struct machine *m, unsigned place)
{
        struct oid id = machine_object(m, place);

        store_forget(m->store, id);
        (void) objects_remove(m->objects, id);
        m->gone[place] = true;
}

void machine_return(struct machine *m, unsigned place)
{
        place_init(m, place);
}

void machine_meddle(struct machine *m, uint32_t knob, unsigned place)
{
        struct toy_knob *k = &m->knobs[knob][place];

        if (m->view.now_ns < k->busy_until_ns)
                return;
        if (knobs[knob].type == TRIMTAB_NUMBER)
                k->now = value_number(1 + pick(m->chance, knob == KNOB_RATIO ? 100 : 10000));
        else
                (void) value_text(knobs[knob].type, knob == KNOB_CPUS ? "1" : "low", &k->now);
        k->foreign = k->ours;
}

static void give_up(struct machine *m, struct toy_knob *k)
{
        k->foreign = k->ours = k->kept = false;
        k->busy_until_ns = m->view.now_ns + FOREIGN_BACKOFF_NS;
}

struct trimtab_value toy_knob_takes(const struct toy_knob *k, struct trimtab_value v)
{
        if (v.type == TRIMTAB_NUMBER && k->unit > 0 && isfinite(v.number))
                v.number = fmax(1, round(v.number / k->unit)) * k->unit;
        return v;
}

/* Returns what the engine is told. */
static int set(struct machine *m, struct toy_knob *k, const struct decision *d)
{
        if (k->foreign) {
                give_up(m, k);
                return -EBUSY;
        }
        if (k->refuses > 0 && once_in(m->chance, k->refuses)) {
                k->busy_until_ns = m->view.now_ns + REFUSED_REST_NS;
                return -EINVAL;
        }
        if (!k->ours)
                k->original = k->now;
        k->ours = true;
        k->kept = false;
        k->now = toy_knob_takes(k, d->value);
        k->writes++;
        if (k->slow_ns > 0) {
                k->busy_until_ns = m->view.now_ns + k->slow_ns;
                k->under_way = true;
        }
        return 0;
}

static void put_back(struct machine *m, struct toy_knob *k)
{
        if (k->foreign) {
                give_up(m, k);
                return;
        }
        if (k->ours)
                k->now = k->original;
        k->ours = k->kept = false;
}

/* The slow writes that are done. */
static void answer(struct machine *m)
{
        for (uint32_t i = 0; i < N_KNOBS; i++)
                for (unsigned place = 0; place < N_PLACES; place++) {
                        struct toy_knob *k = &m->knobs[i][place];

                        if (!k->under_way || m->gone[place] || m->view.now_ns < k->busy_until_ns)
                                continue;
                        k->under_way = false;
                        engine_outcome(m->engine, i, machine_object(m, place), 0, &k->now);
                }
}

void machine_apply(struct machine *m)
{
        answer(m);
        for (size_t i = 0; i < m->decisions.n; i++) {
                const struct decision *d = &m->decisions.items[i];
                struct toy_knob *k = machine_knob(m, d->knob, d->object);
                int r;

                if (d->advise)
                        continue;
                switch (d->verb) {
                case VERB_SET:
                        r = set(m, k, d);
                        if (!k->under_way)
                                engine_outcome(m->engine, d->knob, d->object, r, &k->now);
                        break;
                case VERB_RESTORE:
                        put_back(m, k);
                        break;
                case VERB_KEEP:
                        k->kept = true;
                        break;
                }
        }
}

bool machine_is_original(const struct machine *m, uint32_t knob, unsigned place)
{
        const struct toy_knob *k = &m->knobs[knob][place];

        return !k->ours || k->foreign || value_equal(&k->now, &k->original);
}
