/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trimtab/bpf/histogram.h>

#include "util/clock.h"
#include "util/file.h"

#define NOW_NS (100 * NSEC_PER_SEC)

static const struct trimtab_metric metrics[] = {
        { .name = "t.level", .unit = "B", .help = "A level.", .scope = "host", .kind = TRIMTAB_GAUGE },
        { .name = "t.runtime", .unit = "ns", .help = "A total.", .scope = "cgroup", .kind = TRIMTAB_COUNTER },
        { .name = "t.latency", .unit = "ns", .help = "Waits.", .scope = "cgroup", .kind = TRIMTAB_HISTOGRAM },
        { .name = "t.idle", .unit = "", .help = "Nobody asks.", .scope = "host", .kind = TRIMTAB_GAUGE },
        { .name = "t.cycles", .unit = "", .help = "Not here.", .scope = "host", .kind = TRIMTAB_COUNTER },
};

static const struct trimtab_knob knob = {
        .name = "t.weight",
        .unit = "",
        .help = "A share.",
        .scope = "cgroup",
        .type = TRIMTAB_NUMBER,
        .min = 1,
        .max = 10000,
        .file = "{path}/weight",
        .form = TRIMTAB_FORM_PLAIN,
        .flags = TRIMTAB_KNOB_WEIGHT,
};

static const char rules[] = "[rule web]\n"
                            "description = keeps its turn\n"
                            "for = cgroup:/a\n"
                            "when = p99(t.latency) > 5ms\n"
                            "then = t.weight = 500\n";

static void on_report(void *userdata, const struct report *report)
{
        struct world *w = userdata;

        assert_int_equal(report->outcome, OUTCOME_DONE);
        w->n_reports++;
}

static void write_file(const char *dir, const char *name, const char *text)
{
        char path[128];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void make_objects(struct world *w)
{
        static const struct {
                uint64_t key;
                const char *name;
        } cgroups[] = { { WORLD_A, "/a" }, { WORLD_B, "/a/b" } };

        assert_int_equal(objects_new(&w->objects), 0);
        for (size_t i = 0; i < 2; i++) {
                char path[96];

                snprintf(path, sizeof(path), "%s%s", w->dir, cgroups[i].name);
                assert_int_equal(dir_make(path, 0755), 0);
                write_file(path, "weight", "100\n");
                assert_int_equal(objects_add(w->objects, (struct oid){ SCOPE_CGROUP, cgroups[i].key },
                                             cgroups[i].name, path),
                                 0);
        }
}

static void make_catalogue(struct world *w)
{
        assert_int_equal(catalogue_new(&w->catalogue), 0);
        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
                int scope = objects_scope_find(w->objects, metrics[i].scope, strlen(metrics[i].scope));
                struct metric *m;

                assert_int_equal(catalogue_add_metric(w->catalogue, "t", &metrics[i], (uint32_t) scope, &m),
                                 0);
                if (strcmp(m->name, "t.cycles") == 0)
                        m->unavailable = strdup("no counters here");
        }
        assert_int_equal(catalogue_add_knob(w->catalogue, "t", &knob, SCOPE_CGROUP, &(struct knob *){ NULL }),
                         0);
}

static uint32_t metric_number(const struct world *w, const char *name)
{
        const struct metric *m = catalogue_metric(w->catalogue, name, strlen(name));

        assert_non_null(m);
        return m->number;
}

/* Ten seconds: runtime half of one CPU; a hundred waits of 8 ms. */
static void make_samples(struct world *w)
{
        uint64_t slots[TRIMTAB_HIST_SLOTS] = { 0 };
        uint32_t runtime = metric_number(w, "t.runtime"), latency = metric_number(w, "t.latency");

        assert_int_equal(store_new(w->catalogue, &w->store), 0);
        assert_int_equal(store_put(w->store, metric_number(w, "t.level"), 0, NOW_NS, 4096), 0);

        for (unsigned second = 0; second <= 10; second++) {
                uint64_t when_ns = NOW_NS - (10 - second) * NSEC_PER_SEC;

                assert_int_equal(store_put(w->store, runtime, WORLD_A, when_ns, 1e9 + second * 5e8), 0);
                slots[trimtab_hist_slot(8 * NSEC_PER_MSEC)] = second * 10;
                assert_int_equal(store_put_histogram(w->store, latency, WORLD_A, when_ns, slots,
                                                     TRIMTAB_HIST_SLOTS, (double) second * 10 * 8e6),
                                 0);
        }
}

static void make_engine(struct world *w)
{
        struct ruleset *set = NULL;
        struct diag diag = { 0 };
        struct ini ini = { 0 };

        assert_int_equal(ini_load_text(&ini, "test.conf", rules, strlen(rules), &diag), 0);
        assert_int_equal(ruleset_parse(&ini, w->catalogue, w->objects, &diag, &set), 0);
        diag_print(&diag, stderr, false);
        assert_int_equal(diag.n_errors, 0);
        ini_clear(&ini);
        diag_clear(&diag);

        assert_int_equal(engine_new(&w->engine), 0);
        assert_int_equal(engine_set_rules(w->engine, set), 0);
}

static void make_actor(struct world *w)
{
        const struct actor_config config = {
                .event = w->event,
                .ledger = w->ledger,
                .objects = w->objects,
                .systemd_run_dir = w->dir,
                .systemd_etc_dir = w->dir,
                .foreign_backoff_ns = NSEC_PER_SEC,
                .deadline_ns = NSEC_PER_SEC,
                .report = on_report,
                .userdata = w,
        };

        assert_int_equal(actor_new(&config, &w->actor), 0);
}

static void make_plugins(struct world *w)
{
        struct plugins_config config = {
                .event = w->event,
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .options = &w->options,
                .log = &w->log,
        };
        char dir[96];

        snprintf(dir, sizeof(dir), "%s/plugins", w->dir);
        assert_int_equal(dir_make(dir, 0755), 0);
        write_file(dir, "bad.so", "this is not ELF\n");

        log_init(&w->log, LOG_CRIT);
        assert_int_equal(plugins_new(&config, &w->plugins), 0);
        assert_int_equal(plugins_load_dir(w->plugins, dir), 0);
}

static void make_events(struct world *w)
{
        assert_int_equal(events_new(16, &w->events), 0);
        assert_int_equal(events_add(w->events, &(struct event){ .when_usec = 1000000,
                                                                .kind = EVENT_DAEMON,
                                                                .message = (char *) "started" }),
                         0);
        assert_int_equal(events_add(w->events, &(struct event){ .when_usec = 2000000,
                                                                .kind = EVENT_CHANGED,
                                                                .message = (char *) "t.weight 100 -> 500",
                                                                .rule = (char *) "web",
                                                                .decision = 3 }),
                         0);
}

int world_setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));
        unsigned skipped;

        assert_non_null(w);
        strcpy(w->dir, "/tmp/trimtab-serve-XXXXXX");
        assert_non_null(mkdtemp(w->dir));
        assert_int_equal(chmod(w->dir, 0755), 0);
        assert_true(sd_event_new(&w->event) >= 0);
        assert_int_equal(options_init(&w->options), 0);

        make_objects(w);
        make_catalogue(w);
        make_samples(w);
        make_engine(w);
        assert_int_equal(ledger_open(w->dir, "boot", &w->ledger, &skipped), 0);
        make_actor(w);
        make_plugins(w);
        make_events(w);

        w->views = (struct views){
                .options = &w->options,
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .engine = w->engine,
                .actor = w->actor,
                .ledger = w->ledger,
                .plugins = w->plugins,
                .events = w->events,
                .runtime_dir = w->dir,
                .started_ns = NOW_NS - 60 * NSEC_PER_SEC,
                .last_tick_ns = NOW_NS,
                .tick_cost_ns = 250000,
                .n_ticks = 60,
                .n_writes = 2,
                .now_ns = NOW_NS,
        };
        *state = w;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

int world_teardown(void **state)
{
        struct world *w = *state;

        events_free(w->events);
        plugins_free(w->plugins);
        actor_free(w->actor);
        ledger_free(w->ledger);
        engine_free(w->engine);
        store_free(w->store);
        catalogue_free(w->catalogue);
        objects_free(w->objects);
        options_clear(&w->options);
        sd_event_unref(w->event);
        (void) nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(w);
        return 0;
}

void world_change_weight(struct world *w, double value)
{
        const struct trimtab_value wanted = { .size = sizeof(wanted),
                                              .type = TRIMTAB_NUMBER,
                                              .number = value };
        const struct knob *k = catalogue_knob(w->catalogue, "t.weight", strlen("t.weight"));
        const struct object *a = objects_get(w->objects, (struct oid){ SCOPE_CGROUP, WORLD_A });
        unsigned before = w->n_reports;

        assert_int_equal(actor_set(w->actor, k, a,
                                   &(struct wish){ .value = wanted, .rule = "web", .decision = 3 }, NOW_NS),
                         0);
        while (w->n_reports == before)
                assert_true(sd_event_run(w->event, UINT64_MAX) >= 0);
}

static int current(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        struct world *w = userdata;

        return actor_current(w->actor, k, objects_get(w->objects, object), ret);
}

static bool busy(void *userdata, const struct knob *k, struct oid object)
{
        return false;
}

struct view world_view(struct world *w)
{
        return (struct view){
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .now_ns = NOW_NS,
                .mode = MODE_ENFORCE,
                .current = current,
                .original = current,
                .busy = busy,
                .userdata = w,
        };
}

void world_tick(struct world *w)
{
        const struct view view = world_view(w);
        struct decisions decisions;

        assert_int_equal(engine_tick(w->engine, &view, &decisions), 0);
}
