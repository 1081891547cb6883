/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves: each view tells what the daemon's parts hold, under the field names that trimtab(1) promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "serve/match.h"
#include "util/cleanup.h"
#include "world.h"

static const char *text(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        assert_non_null(f);
        assert_int_equal(f->type, FIELD_STRING);
        return f->string;
}

static double number(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        assert_non_null(f);
        assert_int_equal(f->type, FIELD_NUMBER);
        return f->number;
}

static uint64_t whole(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        assert_non_null(f);
        assert_int_equal(f->type, FIELD_UINT);
        return f->uint;
}

static bool boolean(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        assert_non_null(f);
        assert_int_equal(f->type, FIELD_BOOL);
        return f->boolean;
}

/* The one row with that name. */
static const struct row *named(const struct rows *rows, const char *name)
{
        const struct row *found = NULL;

        for (size_t i = 0; i < rows->n; i++)
                if (strcmp(text(&rows->items[i], "name"), name) == 0) {
                        assert_null(found);
                        found = &rows->items[i];
                }

        assert_non_null(found);
        return found;
}

static void test_match(void **state)
{
        struct world *w = *state;
        const struct object *b = objects_by_name(w->objects, SCOPE_CGROUP, "/a/b");

        assert_true(match_name(NULL, "sched.runtime"));
        assert_true(match_name("", "sched.runtime"));
        assert_true(match_name("sched.*", "sched.runtime"));
        assert_false(match_name("sched", "sched.runtime"));

        assert_true(match_object("*", w->objects, b));
        assert_true(match_object("/a*", w->objects, b));
        assert_true(match_object("cgroup:/a/b", w->objects, b));
        assert_false(match_object("cgroup:/a", w->objects, b));
        assert_false(match_object("iface:*", w->objects, b));
}

static void test_status(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        assert_int_equal(view_status(&w->views, &rows), 0);
        assert_int_equal(rows.n, 1);
        assert_int_equal(whole(&rows.items[0], "pid"), getpid());
        assert_string_equal(text(&rows.items[0], "mode"), mode_to_string(w->options.mode));
        assert_string_equal(text(&rows.items[0], "runtime_dir"), w->dir);
        assert_true(number(&rows.items[0], "uptime_s") == 60);
        assert_true(number(&rows.items[0], "last_tick_s") == 0);
        assert_true(number(&rows.items[0], "tick_cpu_us") == 250);
        assert_int_equal(whole(&rows.items[0], "ticks"), 60);
        assert_int_equal(whole(&rows.items[0], "writes"), 2);
        assert_int_equal(whole(&rows.items[0], "rules"), 1);
        assert_int_equal(whole(&rows.items[0], "objects"), 3); /* the host and two cgroups */
        assert_int_equal(whole(&rows.items[0], "plugins"), 0); /* bad.so is none */
        assert_int_equal(whole(&rows.items[0], "changed"), 0);

        /* What is wrong with bad.so, and nothing else. */
        assert_non_null(strstr(row_find(&rows.items[0], "problems")->strings[0], "plugin bad is refused: "));
        assert_null(row_find(&rows.items[0], "problems")->strings[1]);
}

static void test_status_counts_changes(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        world_change_weight(w, 500);
        assert_int_equal(view_status(&w->views, &rows), 0);
        assert_int_equal(whole(&rows.items[0], "changed"), 1);
}

static void test_plugins(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        assert_int_equal(view_plugins(&w->views, &rows), 0);
        assert_int_equal(rows.n, 1);
        assert_string_equal(text(&rows.items[0], "state"), plugin_state_name(PLUGIN_REFUSED));
        assert_non_null(strstr(text(&rows.items[0], "path"), "/bad.so"));
        assert_true(strlen(text(&rows.items[0], "reason")) > 0);
}

static void test_metrics(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;
        const struct row *row;

        assert_int_equal(view_metrics(&w->views, NULL, NULL, &rows), 0);
        assert_int_equal(rows.n, WORLD_METRICS);

        row = named(&rows, "t.level");
        assert_string_equal(text(row, "object"), "host");
        assert_string_equal(text(row, "kind"), "gauge");
        assert_string_equal(text(row, "unit"), "B");
        assert_true(boolean(row, "measured"));
        assert_true(number(row, "value") == 4096);

        row = named(&rows, "t.runtime");
        assert_string_equal(text(row, "object"), "cgroup:/a");
        assert_string_equal(text(row, "kind"), "counter");
        assert_true(number(row, "value") == 6e9);
        assert_true(fabs(number(row, "rate") - 5e8) < 1);

        row = named(&rows, "t.latency");
        assert_string_equal(text(row, "kind"), "histogram");
        assert_true(number(row, "count") == 100);
        assert_true(fabs(number(row, "mean") - 8e6) < 1);
        for (const char *const *p = (const char *const[]){ "p50", "p90", "p99", "max", NULL }; *p; p++)
                assert_true(number(row, *p) > 7e6 && number(row, *p) < 9e6);
        assert_null(row_find(row, "value"));
}

static void test_metrics_without_samples(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;
        const struct row *row;

        assert_int_equal(view_metrics(&w->views, "", "", &rows), 0);

        row = named(&rows, "t.idle");
        assert_false(boolean(row, "measured"));
        assert_null(row_find(row, "object"));
        assert_null(row_find(row, "value"));
        assert_null(row_find(row, "reason"));

        row = named(&rows, "t.cycles");
        assert_false(boolean(row, "measured"));
        assert_string_equal(text(row, "reason"), "no counters here");
}

static void test_metrics_by_glob(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        assert_int_equal(view_metrics(&w->views, "t.l*", "cgroup:/a", &rows), 0);
        assert_int_equal(rows.n, 2); /* t.latency of /a; t.level, which no cgroup has, as not measured */
        assert_true(boolean(named(&rows, "t.latency"), "measured"));
        assert_false(boolean(named(&rows, "t.level"), "measured"));
        assert_string_equal(text(named(&rows, "t.level"), "reason"), "it has no such object");
}

/* What nobody asks for any more must not look like a value of now. */
static void test_metrics_that_fell_silent(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        w->views.now_ns += 11ull * 1000000000;
        assert_int_equal(view_metrics(&w->views, "t.level", NULL, &rows), 0);
        assert_int_equal(rows.n, 1);
        assert_false(boolean(&rows.items[0], "measured"));
        assert_null(row_find(&rows.items[0], "value"));
}

static void test_knobs_untouched(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        assert_int_equal(view_knobs(&w->views, NULL, NULL, &rows), 0);
        assert_int_equal(rows.n, 1);
        assert_string_equal(text(&rows.items[0], "name"), "t.weight");
        assert_string_equal(text(&rows.items[0], "type"), "number");
        assert_true(number(&rows.items[0], "min") == 1 && number(&rows.items[0], "max") == 10000);
        assert_false(boolean(&rows.items[0], "unlimited"));
        assert_null(row_find(&rows.items[0], "object"));
}

static void test_knobs_of_objects(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        assert_int_equal(view_knobs(&w->views, "t.*", "/a*", &rows), 0);
        assert_int_equal(rows.n, 2);
        assert_string_equal(text(&rows.items[0], "object"), "cgroup:/a");
        assert_string_equal(text(&rows.items[1], "object"), "cgroup:/a/b");
        for (size_t i = 0; i < 2; i++) {
                assert_true(number(&rows.items[i], "value") == 100);
                assert_false(boolean(&rows.items[i], "changed"));
        }
}

static void test_knobs_changed(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        world_change_weight(w, 500);
        assert_int_equal(view_knobs(&w->views, NULL, NULL, &rows), 0);
        assert_int_equal(rows.n, 1);
        assert_string_equal(text(&rows.items[0], "object"), "cgroup:/a");
        assert_true(boolean(&rows.items[0], "changed"));
        assert_true(number(&rows.items[0], "value") == 500);
        assert_true(number(&rows.items[0], "original") == 100);
        assert_non_null(strstr(text(&rows.items[0], "via"), "/a/weight"));
}

static void test_rules(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;
        const struct row *row;

        world_tick(w);
        assert_int_equal(view_rules(&w->views, NULL, &rows), 0);
        assert_int_equal(rows.n, 1);

        row = named(&rows, "web");
        assert_string_equal(text(row, "object"), "cgroup:/a");
        assert_string_equal(text(row, "mode"), "enforce");
        assert_string_equal(text(row, "phase"), phase_name(PHASE_HOLDING));
        assert_string_equal(text(row, "holds"), "true");
        assert_string_equal(text(row, "when"), "p99(t.latency) > 5ms");
        assert_non_null(strstr(text(row, "measured"), "p99(t.latency) = "));
        assert_string_equal(text(row, "description"), "keeps its turn");
        assert_string_equal(text(row, "file"), "test.conf");
        assert_int_equal(whole(row, "line"), 1);
        assert_int_equal(whole(row, "actions"), 0);
        assert_null(row_find(row, "waits_for"));
}

static void test_rules_by_glob(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;

        world_tick(w);
        assert_int_equal(view_rules(&w->views, "mail*", &rows), 0);
        assert_int_equal(rows.n, 0);
}

static void test_log(void **state)
{
        _cleanup_(rows_clear) struct rows all = { 0 }, last = { 0 };
        struct world *w = *state;

        assert_int_equal(view_log(&w->views, &(struct log_filter){ .n = 100 }, &all), 0);
        assert_int_equal(all.n, 2);
        assert_string_equal(text(&all.items[0], "message"), "started");
        assert_string_equal(text(&all.items[0], "kind"), "daemon");
        assert_null(row_find(&all.items[0], "rule"));

        assert_int_equal(view_log(&w->views, &(struct log_filter){ .n = 1 }, &last), 0);
        assert_int_equal(last.n, 1);
        assert_string_equal(text(&last.items[0], "rule"), "web");
        assert_int_equal(whole(&last.items[0], "time_usec"), 2000000);
        assert_int_equal(whole(&last.items[0], "decision"), 3);
}

static size_t count_log(struct world *w, const struct log_filter *filter)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };

        assert_int_equal(view_log(&w->views, filter, &rows), 0);
        return rows.n;
}

static void test_log_filters(void **state)
{
        struct world *w = *state;

        assert_int_equal(events_add(w->events, &(struct event){ .when_usec = 3000000,
                                                                .kind = EVENT_CHANGED,
                                                                .rule = (char *) "db",
                                                                .object = (char *) "cgroup:/a",
                                                                .knob = (char *) "t.weight" }),
                         0);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .rule_glob = "w*" }), 1);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .object_glob = "/a" }), 1);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .object_glob = "cgroup:/a" }), 1);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .object_glob = "/b" }), 0);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .since_usec = 2000000 }), 2);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 9, .after_serial = 2 }), 1);
        assert_int_equal(count_log(w, &(struct log_filter){ .n = 1, .since_usec = 2000000 }), 1);
}

static const struct rows *inner(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        assert_non_null(f);
        assert_int_equal(f->type, FIELD_ROWS);
        return f->rows;
}

static void test_explain_of_all_sorts(void **state)
{
        static const struct {
                const char *what, *kind;
                size_t n_values, n_rules;
        } asked[] = {
                { "web", "rule", 1, 1 },
                { "t.weight", "knob", 1, 1 },
                { "t.weight cgroup:/a", "knob", 1, 1 },
                { "t.weight@/a/b", "knob", 1, 0 },
                { "cgroup:/a", "object", 1, 1 },
                { "/a", "object", 1, 1 },
                { "cgroup:/a/b", "object", 0, 0 },
        };
        struct world *w = *state;

        world_tick(w);
        world_change_weight(w, 500);
        w->views.world = world_view(w);
        for (size_t i = 0; i < ELEMENTSOF(asked); i++) {
                _cleanup_(rows_clear) struct rows rows = { 0 };
                const char *nearest;

                assert_int_equal(view_explain(&w->views, asked[i].what, &rows, &nearest), 0);
                assert_int_equal(rows.n, 1);
                assert_string_equal(text(&rows.items[0], "kind"), asked[i].kind);
                assert_int_equal(inner(&rows.items[0], "values")->n, asked[i].n_values);
                assert_int_equal(inner(&rows.items[0], "rules")->n, asked[i].n_rules);
        }
}

static void test_explain_of_a_value(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;
        const struct row *value, *rule;
        const char *nearest;

        world_tick(w);
        world_change_weight(w, 500);
        w->views.world = world_view(w);
        w->views.pause = (struct pause){ .on = true, .by_fuse = true, .since_usec = 1 };
        assert_int_equal(view_explain(&w->views, "t.weight /a", &rows, &nearest), 0);

        value = &inner(&rows.items[0], "values")->items[0];
        assert_true(number(value, "value") == 500);
        assert_true(number(value, "original") == 100);
        assert_true(boolean(value, "changed"));
        assert_string_equal(text(value, "at_exit"), "restore");

        rule = &inner(&rows.items[0], "rules")->items[0];
        assert_string_equal(text(rule, "when"), "p99(t.latency) > 5ms");
        assert_string_equal(text(rule, "when_holds"), "true");
        assert_string_equal(text(&inner(rule, "comparisons")->items[0], "threshold"), "5ms");
        assert_true(number(&inner(rule, "comparisons")->items[0], "threshold_base") == 5e6);
        assert_string_equal(text(&inner(rule, "obstacles")->items[inner(rule, "obstacles")->n - 1], "what"), "fuse");
        assert_string_equal(text(&rows.items[0], "paused_by"), "fuse");
}

static void test_explain_of_nothing(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct world *w = *state;
        const char *nearest;

        assert_int_equal(view_explain(&w->views, "t.wieght", &rows, &nearest), -ENOENT);
        assert_string_equal(nearest, "t.weight");
        assert_int_equal(view_explain(&w->views, "cgroup:/nobody", &rows, &nearest), -ENOENT);
        assert_int_equal(view_explain(&w->views, "", &rows, &nearest), -ENOENT);
        assert_int_equal(view_explain(&w->views, "t.weight@", &rows, &nearest), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_match),
                TEST(test_status),
                TEST(test_status_counts_changes),
                TEST(test_plugins),
                TEST(test_metrics),
                TEST(test_metrics_without_samples),
                TEST(test_metrics_by_glob),
                TEST(test_metrics_that_fell_silent),
                TEST(test_knobs_untouched),
                TEST(test_knobs_of_objects),
                TEST(test_knobs_changed),
                TEST(test_rules),
                TEST(test_rules_by_glob),
                TEST(test_log),
                TEST(test_log_filters),
                TEST(test_explain_of_all_sorts),
                TEST(test_explain_of_a_value),
                TEST(test_explain_of_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
