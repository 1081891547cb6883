/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <trimtab/bpf/histogram.h>

#include "decide/expr-print.h"
#include "decide/rule.h"
#include "world.h"

#define T TRUTH_TRUE
#define F TRUTH_FALSE
#define U TRUTH_UNKNOWN

/* A rule with that condition, for /a/web. */
static const struct rule *rule_with(struct world *w, const char *when)
{
        char text[1024];

        snprintf(text, sizeof(text), "[rule r]\nfor = cgroup:/a/web\nwhen = %s\nthen = cpu.weight = 5\n",
                 when);
        world_rules(w, text);
        return ruleset_at(engine_rules(w->engine), 0);
}

static enum truth truth(struct world *w, const char *when)
{
        const struct rule *rule = rule_with(w, when);
        struct context c = { .view = &w->view, .rule = rule, .self = cgroup(WEB) };

        return expr_truth(&rule->when, &c, NULL);
}

static enum truth truth_of_host(struct world *w, const char *when)
{
        struct context c = { .view = &w->view, .self = { SCOPE_HOST, TRIMTAB_HOST_OBJECT } };
        char text[1024];

        snprintf(text, sizeof(text), "[rule r]\nwhen = %s\nthen = vm.ratio = 5\n", when);
        world_rules(w, text);
        c.rule = ruleset_at(engine_rules(w->engine), 0);
        return expr_truth(&c.rule->when, &c, NULL);
}

/* mem.used of /a/db has no data at all. */
#define TRUE "vm.ratio @host > 1"
#define FALSE "vm.ratio @host < 1"
#define UNKNOWN "last(mem.used @cgroup:/a/db) > 1"

static void test_three_values(void **state)
{
        static const struct {
                const char *left, *right;
                enum truth and, or ;
        } cases[] = {
                { TRUE, TRUE, T, T },    { TRUE, FALSE, F, T },    { TRUE, UNKNOWN, U, T },
                { FALSE, TRUE, F, T },   { FALSE, FALSE, F, F },   { FALSE, UNKNOWN, F, U },
                { UNKNOWN, TRUE, U, T }, { UNKNOWN, FALSE, F, U }, { UNKNOWN, UNKNOWN, U, U },
        };
        struct world *w = *state;
        char text[256];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                snprintf(text, sizeof(text), "%s and %s", cases[i].left, cases[i].right);
                assert_int_equal(truth(w, text), cases[i].and);
                snprintf(text, sizeof(text), "%s or %s", cases[i].left, cases[i].right);
                assert_int_equal(truth(w, text), cases[i].or);
        }
        assert_int_equal(truth(w, "not " TRUE), F);
        assert_int_equal(truth(w, "not " FALSE), T);
        assert_int_equal(truth(w, "not " UNKNOWN), U);
        assert_int_equal(truth(w, "not not " TRUE), T);
}

static void test_binding(void **state)
{
        struct world *w = *state;

        assert_int_equal(truth(w, "1 > 2 and 1 > 2 or 2 > 1"), T);
        assert_int_equal(truth(w, "2 > 1 or 1 > 2 and 1 > 2"), T);
        assert_int_equal(truth(w, "(2 > 1 or 1 > 2) and 1 > 2"), F);
        assert_int_equal(truth(w, "not 1 > 2 and 1 > 2"), F);
        assert_int_equal(truth(w, "not (1 > 2 and 1 > 2)"), T);
        assert_int_equal(truth(w, "2 + 3 * 4 == 14"), T);
        assert_int_equal(truth(w, "(2 + 3) * 4 == 20"), T);
        assert_int_equal(truth(w, "10 - 3 - 2 == 5"), T);
        assert_int_equal(truth(w, "100 / 10 / 5 == 2"), T);
        assert_int_equal(truth(w, "-2 + 5 == 3"), T);
        assert_int_equal(truth(w, "1 + -vm.ratio @host == -19"), T);
}

static void test_comparisons(void **state)
{
        struct world *w = *state;

        assert_int_equal(truth(w, "vm.ratio @host < 20"), F);
        assert_int_equal(truth(w, "vm.ratio @host <= 20"), T);
        assert_int_equal(truth(w, "vm.ratio @host > 20"), F);
        assert_int_equal(truth(w, "vm.ratio @host >= 20"), T);
        assert_int_equal(truth(w, "vm.ratio @host == 20"), T);
        assert_int_equal(truth(w, "vm.ratio @host != 20"), F);
        /* What a sum of fractions leaves behind is no difference. */
        assert_int_equal(truth(w, "vm.ratio @host * 0.1 + 1 == 3"), T);
        assert_int_equal(truth(w, "cpu.max == max"), T);
        assert_int_equal(truth(w, "cpu.max > 1000%"), T);
        assert_int_equal(truth(w, "cpu.max - cpu.max == 0"), U);
        assert_int_equal(truth(w, "vm.ratio @host / (vm.ratio @host - 20) > 0"), U);
}

static void test_units(void **state)
{
        struct world *w = *state;

        put(w, "psi.cpu", WEB, 30);
        put(w, "mem.used", WEB, 2e9);
        put(w, "mem.used", A, 8e9);
        assert_int_equal(truth(w, "last(psi.cpu) == 30%"), T);
        assert_int_equal(truth(w, "last(mem.used) == 2G"), T);
        assert_int_equal(truth(w, "last(mem.used) > 1.8Gi"), T);
        assert_int_equal(truth(w, "last(mem.used) > 1.9Gi"), F);
        assert_int_equal(truth(w, "last(mem.used) > 0"), T);
        /* A quotient of likes is a ratio, and a plain number too. */
        assert_int_equal(truth(w, "last(mem.used) / last(mem.used @parent) == 25%"), T);
        assert_int_equal(truth(w, "last(mem.used) / last(mem.used @parent) == 0.25"), T);
        /* A plain number, or a share, times anything keeps what that is. */
        assert_int_equal(truth(w, "2 * last(mem.used) == 4G"), T);
        assert_int_equal(truth(w, "last(mem.used) * 50% == 1G"), T);
        assert_int_equal(truth(w, "last(mem.used) / 2 == 1G"), T);
        assert_int_equal(truth(w, "last(mem.used) + 1G == 3G"), T);
}

/* Every unit, by another one of its kind. */
static void test_every_unit(void **state)
{
        static const char *const equal[] = {
                "1us == 1000ns", "1ms == 1000us", "1s == 1000ms",    "1min == 60s",   "1h == 60min",
                "1Ki == 1024B",  "1Mi == 1024Ki", "1Gi == 1024Mi",   "1Ti == 1024Gi", "1KiB == 1Ki",
                "1MiB == 1Mi",   "1GiB == 1Gi",   "1TiB == 1Ti",     "1k == 1000",    "1M == 1000k",
                "1G == 1000M",   "1k == 1000B",   "100% == 50% * 2", "0.5s == 500ms", "1.5k == 1500",
        };
        struct world *w = *state;

        for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++)
                assert_int_equal(truth(w, equal[i]), T);
        assert_int_equal(truth(w, "1ms == 1us"), F);
}

static void put_waits(struct world *w, uint64_t object, uint64_t ns, uint64_t n)
{
        uint64_t slots[TRIMTAB_HIST_SLOTS] = { 0 };
        const struct metric *m = catalogue_metric(w->catalogue, "sched.latency", 13);

        assert_int_equal(store_put_histogram(w->store, m->number, object, w->view.now_ns, slots,
                                             TRIMTAB_HIST_SLOTS, 0),
                         0);
        w->view.now_ns += SEC;
        slots[trimtab_hist_slot(ns)] = n;
        assert_int_equal(store_put_histogram(w->store, m->number, object, w->view.now_ns, slots,
                                             TRIMTAB_HIST_SLOTS, (double) (n * ns)),
                         0);
}

#define SPREAD "sched.latency @cgroup:/a/db"

/* 10000 waits: most of them of 1 ms, then fewer and fewer that are longer and longer. */
static void put_spread(struct world *w, uint64_t object)
{
        static const struct {
                uint64_t ns, n;
        } waits[] = {
                { 1000000, 8500 }, { 2000000, 800 }, { 4000000, 400 },
                { 8000000, 250 },  { 16000000, 45 }, { 32000000, 5 },
        };
        const struct metric *m = catalogue_metric(w->catalogue, "sched.latency", 13);
        uint64_t slots[TRIMTAB_HIST_SLOTS] = { 0 };

        assert_int_equal(store_put_histogram(w->store, m->number, object, w->view.now_ns, slots,
                                             TRIMTAB_HIST_SLOTS, 0),
                         0);
        w->view.now_ns += SEC;
        for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
                slots[trimtab_hist_slot(waits[i].ns)] = waits[i].n;
        assert_int_equal(store_put_histogram(w->store, m->number, object, w->view.now_ns, slots,
                                             TRIMTAB_HIST_SLOTS, 15e9),
                         0);
}

static void test_statistics(void **state)
{
        struct world *w = *state;

        put_waits(w, WEB, 8000000, 100);
        assert_int_equal(truth(w, "p99(sched.latency) > 7ms and p99(sched.latency) < 9ms"), T);
        assert_int_equal(truth(w, "count(sched.latency) == 100"), T);
        assert_int_equal(truth(w, "mean(sched.latency) == 8ms"), T);
        assert_int_equal(truth(w, "p50(sched.latency @cgroup:/a/db) > 1ns"), U);

        /* The slowest of a thousand, of a hundred …: each function takes another one. */
        put_spread(w, DB);
        assert_int_equal(truth(w, "p50(" SPREAD ") > 0.9ms and p50(" SPREAD ") < 1.1ms"), T);
        assert_int_equal(truth(w, "p90(" SPREAD ") > 1.8ms and p90(" SPREAD ") < 2.2ms"), T);
        assert_int_equal(truth(w, "p95(" SPREAD ") > 3.6ms and p95(" SPREAD ") < 4.4ms"), T);
        assert_int_equal(truth(w, "p99(" SPREAD ") > 7.2ms and p99(" SPREAD ") < 8.8ms"), T);
        assert_int_equal(truth(w, "p999(" SPREAD ") > 14ms and p999(" SPREAD ") < 18ms"), T);
        assert_int_equal(truth(w, "max(" SPREAD ") > 28ms and max(" SPREAD ") < 36ms"), T);
        assert_int_equal(truth(w, "mean(" SPREAD ") == 1.5ms"), T);
        assert_int_equal(truth(w, "count(" SPREAD ") == 10k"), T);

        /* A quarter of a second of CPU time in a second: a ratio. */
        put(w, "sched.runtime", WEB, 1e9);
        w->view.now_ns += SEC;
        put(w, "sched.runtime", WEB, 1.25e9);
        assert_int_equal(truth(w, "rate(sched.runtime) == 25%"), T);

        put(w, "psi.cpu", WEB, 10);
        w->view.now_ns += 5 * SEC;
        put(w, "psi.cpu", WEB, 30);
        assert_int_equal(truth(w, "avg(psi.cpu) == 20% and min(psi.cpu) == 10% and max(psi.cpu) == 30%"), T);
        assert_int_equal(truth(w, "max(psi.cpu, 2s) == 30% and min(psi.cpu, 2s) == 30%"), T);
}

static void test_selectors(void **state)
{
        struct world *w = *state;

        put(w, "psi.cpu", ROOT, 1);
        put(w, "psi.cpu", A, 2);
        put(w, "psi.cpu", WEB, 3);
        put(w, "psi.cpu", DB, 4);
        put(w, "net.load", 0, 5);
        assert_int_equal(truth(w, "last(psi.cpu) == 3%"), T);
        assert_int_equal(truth(w, "last(psi.cpu @self) == 3%"), T);
        assert_int_equal(truth(w, "last(psi.cpu @parent) == 2%"), T);
        assert_int_equal(truth(w, "last(psi.cpu @host) == 1%"), T);
        assert_int_equal(truth(w, "last(psi.cpu @cgroup:/a/db) == 4%"), T);
        assert_int_equal(truth(w, "last(psi.cpu @cgroup:/nowhere) == 4%"), U);
        assert_int_equal(truth(w, "last(net.load @host) == 5"), T);
}

static void test_aggregates(void **state)
{
        struct world *w = *state;

        put(w, "psi.cpu", WEB, 50);
        put(w, "psi.cpu", DB, 1);
        put(w, "psi.cpu", BATCH, 5);
        /* /a/log is quiet: left out of the numbers, unknown among the conditions. */
        assert_int_equal(truth(w, "sum_of(last(psi.cpu @siblings)) == 6%"), T);
        assert_int_equal(truth(w, "max_of(last(psi.cpu @siblings)) == 5%"), T);
        assert_int_equal(truth(w, "min_of(last(psi.cpu @siblings)) == 1%"), T);
        assert_int_equal(truth(w, "avg_of(last(psi.cpu @siblings)) == 3%"), T);
        w->view.protect = (const char *const[]){ "/a/ba*", NULL };
        assert_int_equal(truth(w, "sum_of(last(psi.cpu @siblings)) == 1%"), T);
        w->view.protect = NULL;
        assert_int_equal(truth(w, "sum_of(2 * last(psi.cpu @siblings)) == 12%"), T);
        assert_int_equal(truth(w, "any_of(last(psi.cpu @siblings) > 4%)"), T);
        assert_int_equal(truth(w, "any_of(last(psi.cpu @siblings) > 9%)"), U);
        assert_int_equal(truth(w, "all_of(last(psi.cpu @siblings) < 9%)"), U);
        assert_int_equal(truth(w, "all_of(last(psi.cpu @siblings) < 4%)"), F);
        assert_int_equal(truth(w, "any_of(last(psi.cpu @siblings) > last(psi.cpu))"), U);
        assert_int_equal(truth(w, "sum_of(last(psi.cpu @cgroup:/a/*)) == 56%"), T);
        assert_int_equal(truth(w, "sum_of(cpu.weight @cgroup:/a/*) == 400"), T);
        assert_int_equal(truth(w, "sum_of(last(psi.cpu @children)) > 0"), U);
        assert_int_equal(truth(w, "any_of(last(psi.cpu @children) > 0)"), U);
        assert_int_equal(truth(w, "all_of(last(psi.cpu @children) > 0)"), U);

        /* /a/web has no children; the host's are those of the root. */
        put(w, "psi.cpu", A, 7);
        put(w, "psi.cpu", B, 8);
        assert_int_equal(truth_of_host(w, "sum_of(last(psi.cpu @children)) == 15%"), T);
        assert_int_equal(truth_of_host(w, "any_of(last(psi.cpu @children) > 7%)"), T);
        assert_int_equal(truth_of_host(w, "all_of(last(psi.cpu @children) > 7%)"), F);
        assert_int_equal(truth_of_host(w, "last(psi.cpu @cgroup:/a) == 7%"), T);

        put(w, "psi.cpu", LOG, 2);
        assert_int_equal(truth(w, "all_of(last(psi.cpu @siblings) < 9%)"), T);
        assert_int_equal(truth(w, "any_of(last(psi.cpu @siblings) > 9%)"), F);
}

/* A condition printed reads as it was written, with no more parentheses than it needs. */
static void test_print(void **state)
{
        static const char *const cases[] = {
                "p99(sched.latency @parent, 30s) > 5ms and not (last(psi.cpu) < 3% or cpu.weight >= 80)",
                "(last(mem.used) + 1GiB) * 2 / last(mem.used @cgroup:/a) > 25%",
                "any_of(last(psi.cpu @siblings) > 4%) or sum_of(cpu.weight @children) == 500",
                "last(mem.used) - (last(mem.used @parent) - last(mem.used)) < 500MiB",
                "-vm.ratio @host < -5",
                "cpu.max != max",
        };
        struct world *w = *state;
        struct text t;
        char buffer[512];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                text_init(&t, buffer, sizeof(buffer));
                text_add_node(&t, rule_with(w, cases[i])->when.root, w->catalogue);
                assert_string_equal(buffer, cases[i]);
        }

        /* Cut, and still a string. */
        text_init(&t, buffer, 10);
        text_add_node(&t, rule_with(w, cases[0])->when.root, w->catalogue);
        assert_string_equal(buffer, "p99(sched");
}

static void test_default_until(void **state)
{
        static const struct {
                const char *when, *until;
        } cases[] = {
                { "last(psi.cpu) > 20%", "last(psi.cpu) < 15%" },
                { "last(psi.cpu) >= 20%", "last(psi.cpu) < 15%" },
                { "last(mem.used) < 4GiB", "last(mem.used) > 5GiB" },
                { "20% < last(psi.cpu)", "15% > last(psi.cpu)" },
                { "20% > last(psi.cpu)", "25% < last(psi.cpu)" },
                { "last(psi.cpu) > 2 * 10%", "last(psi.cpu) < 15%" },
                { "last(psi.cpu) > 0", "not last(psi.cpu) > 0%" },
                { "last(psi.cpu) == 20%", "not last(psi.cpu) == 20%" },
                { "last(psi.cpu) > last(psi.cpu @parent)", "not last(psi.cpu) > last(psi.cpu @parent)" },
                { "last(psi.cpu) > 1% and vm.ratio @host > 1",
                  "not (last(psi.cpu) > 1% and vm.ratio @host > 1)" },
                { "vm.ratio @host > -8", "vm.ratio @host < -10" },
        };
        struct world *w = *state;
        struct text t;
        char buffer[256];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                text_init(&t, buffer, sizeof(buffer));
                text_add_node(&t, rule_with(w, cases[i].when)->until.root, w->catalogue);
                assert_string_equal(buffer, cases[i].until);
        }
}

static int setup(void **state)
{
        static struct world w;

        world_init(&w);
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        world_clear(*state);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(test_three_values),  TEST(test_binding),    TEST(test_comparisons),
                TEST(test_units),         TEST(test_every_unit), TEST(test_statistics),
                TEST(test_selectors),     TEST(test_aggregates), TEST(test_print),
                TEST(test_default_until),
        };

        return cmocka_run_group_tests_name("decide/expr", tests, NULL, NULL);
}
