/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/* On what rules act, and from which value. */

/* A rule that acts in every tick. */
#define RULE(more) "[rule r]\nwhen = 2 > 1\nuntil = 1 > 2\nhold = 0s\ncooldown = 1s\n" more

static void test_siblings(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web, cgroup:/a/db\nthen = cpu.weight @siblings = 50\n"));
        tick(w);
        /* Neither what the rule is for, nor cousins. */
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_true(value_of(w, "cpu.weight", DB) == 100);
        assert_true(value_of(w, "cpu.weight", BATCH) == 50);
        assert_true(value_of(w, "cpu.weight", LOG) == 50);
        assert_true(value_of(w, "cpu.weight", BWEB) == 100);
        assert_int_equal(w->decisions.n, 2);
}

static void test_children_and_parent(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a\nthen = cpu.weight @children = 50\n cpu.weight @parent = 7\n "
                            "cpu.weight @cgroup:/b* = 60\n"));
        tick(w);
        assert_true(value_of(w, "cpu.weight", WEB) == 50);
        assert_true(value_of(w, "cpu.weight", LOG) == 50);
        assert_true(value_of(w, "cpu.weight", ROOT) == 7);
        assert_true(value_of(w, "cpu.weight", A) == 100);
        assert_true(value_of(w, "cpu.weight", B) == 60);
        assert_true(value_of(w, "cpu.weight", BWEB) == 100); /* * does not cross a / */
}

static void test_flat_siblings(void **state)
{
        struct oid seven = { SCOPE_IRQ, 7 }, nine = { SCOPE_IRQ, 9 };
        struct world *w = *state;

        world_rules(w, RULE("for = irq:7\nthen = irq.mode @siblings = high\n"));
        tick(w);
        assert_string_equal(knob_state(w, "irq.mode", seven)->now.text, "off");
        assert_string_equal(knob_state(w, "irq.mode", nine)->now.text, "high");
}

static void test_protected(void **state)
{
        static const char *const protect[] = { "/a/db", "/b", NULL };
        struct world *w = *state;

        w->view.protect = protect;
        world_rules(
                w,
                RULE("for = cgroup:/a/web\nthen = cpu.weight @siblings = 50\n cpu.weight @cgroup:/a/db = 60\n"
                     " cpu.weight @cgroup:/b/web = 70\n"));
        for (int i = 0; i < 5; i++)
                tick(w);
        assert_true(value_of(w, "cpu.weight", BATCH) == 50);
        assert_true(value_of(w, "cpu.weight", DB) == 100);
        /* What is below it is part of it. */
        assert_true(value_of(w, "cpu.weight", BWEB) == 100);

        world_rules(w, RULE("for = cgroup:/a/db\nthen = cpu.weight = 50\n"));
        tick(w);
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", DB).waits_for, "protected");
}

/* Settings of a slice come and go; a deed there has been done to all that is in it. */
static void test_deed_above_protected(void **state)
{
        static const char *const protect[] = { "/a/db", NULL };
        struct world *w = *state;

        w->view.protect = protect;
        world_rules(w, RULE("for = cgroup:/a, cgroup:/b\nthen = page.drop = 8192\n cpu.weight = 50\n"));
        tick(w);
        assert_true(value_of(w, "cpu.weight", A) == 50);
        assert_true(value_of(w, "cpu.weight", B) == 50);
        assert_null(decided(w, "page.drop", A));
        assert_non_null(decided(w, "page.drop", B));
        assert_string_equal(info_of(w, "r", A).waits_for, "a protected cgroup is in it");
        assert_null(info_of(w, "r", B).waits_for);

        world_rules(w, RULE("for = cgroup:/\nthen = page.drop = 8192\n"));
        tick(w);
        assert_null(decided(w, "page.drop", ROOT));
        assert_string_equal(info_of(w, "r", ROOT).waits_for, "a protected cgroup is in it");
}

static void test_text_knobs(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.set = 2,0-1\n"));
        tick(w);
        assert_string_equal(knob_state(w, "cpu.set", cgroup(WEB))->now.text, "0-2");
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        world_rules(w, "");
        tick(w);
        assert_string_equal(knob_state(w, "cpu.set", cgroup(WEB))->now.text, "0-3");
}

/* sched.runtime grows by 0.5 s a second: half a CPU is in use. */
static void use_half_a_cpu(struct world *w, uint64_t object)
{
        put(w, "sched.runtime", object, (double) (w->view.now_ns / 2));
}

static void test_limit_from_max(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.max @cgroup:/a/db *= 0.8\nwithin = cpu.max "
                            "20%..max\n"));
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", WEB).waits_for, "the limit is max and its use is not known");

        use_half_a_cpu(w, DB);
        w->view.now_ns += SEC;
        use_half_a_cpu(w, DB);
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 40) < 1e-6);
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 32) < 1e-6);
        for (int i = 0; i < 10; i++)
                tick(w);
        assert_true(value_of(w, "cpu.max", DB) == 20);

        world_rules(w, "");
        tick(w);
        assert_true(isinf(value_of(w, "cpu.max", DB)));
}

/* Nobody measures what is in use: down from where the rule's own range ends, and back by steps to there. */
static void test_limit_from_max_by_its_bound(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.max @cgroup:/a/db *= 0.5\nwithin = cpu.max "
                            "20%..200%\n"));
        tick(w);
        assert_true(value_of(w, "cpu.max", DB) == 100);
        tick(w);
        assert_true(value_of(w, "cpu.max", DB) == 50);

        world_rules(w, "");
        tick(w);
        assert_true(isinf(value_of(w, "cpu.max", DB)));
}

/* Down by one rule and up by a stronger one: at the use it began with, it is max again. */
static void test_limit_back_to_max(void **state)
{
        struct world *w = *state;

        use_half_a_cpu(w, DB);
        w->view.now_ns += SEC;
        use_half_a_cpu(w, DB);
        world_rules(w,
                    "[rule down]\nwhen = 2 > 1\nuntil = 1 > 2\nhold = 0s\ncooldown = 1h\nfor = cgroup:/a/db\n"
                    "then = cpu.max *= 0.5\nwithin = cpu.max 10%..max\n"
                    "[rule up]\nwhen = 2 > 1\nuntil = 1 > 2\nhold = 1s\ncooldown = 1s\nfor = cgroup:/a/db\n"
                    "then = cpu.max *= 1.5\nwithin = cpu.max 10%..max\n");
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 25) < 1e-6);
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 37.5) < 1e-6);
        tick(w);
        assert_true(isinf(value_of(w, "cpu.max", DB)));
}

static void test_ease_limit_to_max(void **state)
{
        struct world *w = *state;

        use_half_a_cpu(w, DB);
        w->view.now_ns += SEC;
        use_half_a_cpu(w, DB);
        world_rules(w, "[rule r]\nfor = cgroup:/a/db\nwhen = vm.ratio @host > 10\nhold = 0s\nclear-hold = "
                       "0s\ncooldown = 1s\n"
                       "then = cpu.max *= 0.5\nwithin = cpu.max 10%..max\non-clear = ease\n");
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 25) < 1e-6);
        knob_state(w, "vm.ratio", (struct oid){ SCOPE_HOST, 0 })->now = value_number(1);
        tick(w);
        assert_true(fabs(value_of(w, "cpu.max", DB) - 37.5) < 1e-6);
        for (int i = 0; i < 4; i++) {
                tick(w);
                assert_true(isfinite(value_of(w, "cpu.max", DB)));
        }
        tick(w);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_true(isinf(value_of(w, "cpu.max", DB)));
}

struct asked {
        uint32_t metric;
        uint64_t object;
        bool found;
};

static int look_for(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        struct asked *a = userdata;

        a->found |= metric == a->metric && object == a->object;
        return 0;
}

static bool is_wanted(struct world *w, const char *metric, uint64_t object)
{
        struct asked a = { .metric = catalogue_metric(w->catalogue, metric, strlen(metric))->number, .object = object };

        assert_int_equal(engine_wants(w->engine, &w->view, look_for, &a), 0);
        return a.found;
}

static void test_newcomers(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.weight @siblings = 50\n"));
        tick(w);
        assert_int_equal(w->decisions.n, 3);
        assert_int_equal(objects_add(w->objects, cgroup(77), "/a/new", "/x"), 0);
        tick(w);
        assert_int_equal(w->decisions.n, 1);
        assert_true(value_of(w, "cpu.weight", 77) == 50);
}

static void test_not_available(void **state)
{
        struct world *w = *state;

        knob_state(w, "cpu.weight", cgroup(WEB))->error = -EOPNOTSUPP;
        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.weight = 50\n"));
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", WEB).waits_for, "the knob is not available here");
        knob_state(w, "cpu.weight", cgroup(WEB))->error = -EIO;
        tick(w);
        assert_string_equal(info_of(w, "r", WEB).waits_for, "the knob cannot be read");
        knob_state(w, "cpu.weight", cgroup(WEB))->error = 0;
        tick(w);
        assert_int_equal(w->decisions.n, 1);
        assert_null(info_of(w, "r", WEB).waits_for);
}

/* Two steps of one action list on one knob add up. */
static void test_actions_in_order(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.weight = 300\n cpu.weight @cgroup:/a/db = 200\n "
                            "cpu.weight @cgroup:/a/db = 400\n"));
        tick(w);
        assert_int_equal(w->decisions.n, 2);
        assert_true(value_of(w, "cpu.weight", WEB) == 300);
        assert_true(value_of(w, "cpu.weight", DB) == 400);

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.weight *= 2\n cpu.weight += 50\nwithin = "
                            "cpu.weight 1..400\n"));
        tick(w);
        assert_true(value_of(w, "cpu.weight", WEB) == 400);
        world_rules(w, RULE("for = cgroup:/a/log\nthen = cpu.weight *= 2\n cpu.weight += 50\nwithin = "
                            "cpu.weight 1..10000\n"));
        tick(w);
        assert_true(value_of(w, "cpu.weight", LOG) == 250);
        tick(w);
        assert_true(value_of(w, "cpu.weight", LOG) == 550);
}

#define MIB 1048576.0

/* So many bytes in use, and so much pressure, and a tick; *ret: what is done then, 0: nothing. */
static double dropped(struct world *w, double used, double percent)
{
        const struct decision *d;

        put(w, "mem.used", WEB, used);
        put(w, "psi.cpu", WEB, percent);
        tick(w);
        d = decided(w, "page.drop", WEB);
        return d && d->verb == VERB_SET ? d->value.number : 0;
}

/*
 * The law of TMO: so much the less the nearer the pressure is to its bound, nothing beyond it. It is done again and again, as the same
 * amount is not the same deed.
 */
static void test_worked_out(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu) < 10%\nuntil = last(psi.cpu) >= 10%\nclear-hold = 1s\n"
                       "hold = 0s\ncooldown = 2s\nevery = 2s\n"
                       "then = page.drop = last(mem.used) * 0.5 * (1 - last(psi.cpu) / 10%)\nwithin = page.drop 1Mi..100Mi\n");
        assert_true(fabs(dropped(w, 100 * MIB, 0) - 50 * MIB) < 1);
        assert_true(dropped(w, 100 * MIB, 0) == 0);
        assert_true(fabs(dropped(w, 100 * MIB, 0) - 50 * MIB) < 1);
        assert_true(dropped(w, 100 * MIB, 0) == 0);
        assert_true(fabs(dropped(w, 100 * MIB, 5) - 25 * MIB) < 1);
        assert_true(dropped(w, 1000 * MIB, 0) == 0);
        assert_true(dropped(w, 1000 * MIB, 0) == 100 * MIB); /* the upper bound */
        assert_true(dropped(w, 1000 * MIB, 0) == 0);
        assert_true(dropped(w, 1000 * MIB, 9.999) == 1 * MIB); /* and the lower one */
        for (int i = 0; i < 5; i++)
                assert_true(dropped(w, 1000 * MIB, 11) == 0);
        assert_true(dropped(w, 100 * MIB, 0) != 0);
}

/* Without data nothing is done, and it is said why. What it is made of is asked for, also where the condition does not. */
static void test_worked_out_of_nothing(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = cpu.weight = 100 * last(mem.used @cgroup:/a/db) / 1Mi\nwithin = cpu.weight "
                            "1..10000\n"));
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", WEB).waits_for, "there is no data to work out its value from");
        assert_true(is_wanted(w, "mem.used", DB));
        put(w, "mem.used", DB, 3 * MIB);
        tick(w);
        assert_true(value_of(w, "cpu.weight", WEB) == 300);
        put(w, "mem.used", DB, 4 * MIB);
        tick(w);
        assert_true(value_of(w, "cpu.weight", WEB) == 400);
        world_rules(w, "");
        tick(w);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
}

/* A deed is done once each time its rule begins, unless the rule says how often; and it is not eased. */
static void test_deeds(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("for = cgroup:/a/web\nthen = page.drop = 8Mi\n"));
        tick(w);
        assert_non_null(decided(w, "page.drop", WEB));
        for (int i = 0; i < 5; i++) {
                tick(w);
                assert_null(decided(w, "page.drop", WEB));
        }
        world_rules(w, RULE("every = 3s\nfor = cgroup:/a/web\nthen = page.drop = 8Mi\n"));
        for (int i = 0; i < 9; i++) {
                tick(w);
                assert_int_equal(decided(w, "page.drop", WEB) != NULL && decided(w, "page.drop", WEB)->verb == VERB_SET, i % 3 == 0);
        }

        world_rules(w, "[rule r]\nfor = cgroup:/a/web\nwhen = vm.ratio @host > 10\nhold = 0s\nclear-hold = 0s\ncooldown = 1s\n"
                       "then = page.drop = 8Mi\non-clear = ease\n");
        tick(w);
        knob_state(w, "vm.ratio", (struct oid){ SCOPE_HOST, 0 })->now = value_number(1);
        for (int i = 0; i < 5; i++) {
                tick(w);
                assert_true(!decided(w, "page.drop", WEB) || decided(w, "page.drop", WEB)->verb == VERB_RESTORE);
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
                TEST(test_siblings),          TEST(test_children_and_parent), TEST(test_flat_siblings),
                TEST(test_protected),         TEST(test_text_knobs),          TEST(test_limit_from_max),
                TEST(test_limit_back_to_max), TEST(test_ease_limit_to_max),   TEST(test_newcomers),
                TEST(test_not_available),     TEST(test_actions_in_order),    TEST(test_worked_out),
                TEST(test_deed_above_protected),
                TEST(test_worked_out_of_nothing), TEST(test_deeds),           TEST(test_limit_from_max_by_its_bound),
        };

        return cmocka_run_group_tests_name("decide/act", tests, NULL, NULL);
}
