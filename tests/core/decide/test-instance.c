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

/* When a rule acts and when it lets go, second by second in made-up time. */

static enum phase phase(const struct world *w)
{
        return info_of(w, "r", WEB).phase;
}

#define RULE(more)                                                                                           \
        "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nwithin = cpu.weight 10..1000\n" more

/* The story of one simple rule with all defaults. */
static void test_simple_rule(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\n"));

        pass_quietly(w, 10, 30);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(phase(w), PHASE_HOLDING);

        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_SET);
        assert_int_equal(w->decisions.items[0].id, 1);
        assert_string_equal(w->decisions.items[0].rule, "r");
        assert_string_equal(w->decisions.items[0].reason, "last(psi.cpu, 1s) = 30% > 20% for 10s");
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
        assert_true(value_of(w, "cpu.weight", DB) == 100);
        assert_int_equal(phase(w), PHASE_ACTIVE);

        /* 16 % is between `until` (15 %) and `when`: nothing happens. */
        pass_quietly(w, 100, 16);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(phase(w), PHASE_ACTIVE);

        pass_quietly(w, 30, 14);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(phase(w), PHASE_CLEARING);
        pass(w, 1, 14);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_int_equal(w->decisions.items[0].id, 2);
        assert_string_equal(w->decisions.items[0].reason, "last(psi.cpu, 1s) = 14% < 15% for 30s");
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_int_equal(phase(w), PHASE_IDLE);
}

static void test_hold_begins_again(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\n"));
        pass_quietly(w, 10, 30);
        pass_quietly(w, 1, 10); /* false */
        assert_int_equal(phase(w), PHASE_IDLE);
        pass_quietly(w, 10, 30);
        assert_int_equal(w->decisions.n, 0);
        w->view.now_ns += 5 * SEC;
        pass_quietly(w, 1, NAN); /* unknown */
        assert_int_equal(info_of(w, "r", WEB).when, TRUTH_UNKNOWN);
        assert_int_equal(phase(w), PHASE_IDLE);
        assert_weight_after(w, 10, 30, 500);
}

static void test_no_hold(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\n"));
        assert_weight_after(w, 0, 30, 500);
}

static void test_cooldown(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 7s\n"));
        assert_weight_after(w, 0, 30, 200);
        assert_weight_after(w, 6, 30, 400);
        assert_weight_after(w, 6, 30, 800);
        /* Saturated: nothing changes, nothing is said. */
        assert_weight_after(w, 6, 30, 1000);
        pass_quietly(w, 50, 30);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(info_of(w, "r", WEB).actions, 4);
}

static void test_every(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 7s\nevery = 20s\n"));
        assert_weight_after(w, 0, 30, 200);
        assert_weight_after(w, 19, 30, 400);
        /* Not while the condition is false, though it is not clear yet. */
        pass_quietly(w, 40, 16);
        assert_int_equal(w->decisions.n, 0);
        assert_weight_after(w, 0, 30, 800);
}

/* The cooldown also lies between letting go and acting again. */
static void test_cooldown_after_clear(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nclear-hold = 0s\ncooldown = 15s\n"));
        assert_weight_after(w, 0, 30, 500);
        assert_weight_after(w, 0, 1, 100);
        assert_weight_after(w, 14, 30, 500);
}

static void test_clear_hold_begins_again(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nclear-hold = 10s\n"));
        assert_weight_after(w, 0, 30, 500);
        pass_quietly(w, 10, 1);
        assert_int_equal(phase(w), PHASE_CLEARING);
        pass_quietly(w, 1, 16);
        assert_int_equal(phase(w), PHASE_ACTIVE);
        pass_quietly(w, 5, 1);
        w->view.now_ns += 2 * SEC;
        pass_quietly(w, 1, NAN);
        assert_int_equal(phase(w), PHASE_ACTIVE);
        assert_weight_after(w, 10, 1, 100);
}

static void test_unknown_clears(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nclear-hold = 10s\n"));
        assert_weight_after(w, 0, 30, 500);
        w->view.now_ns += 2 * SEC;
        pass_quietly(w, 20, NAN);
        pass_quietly(w, 1, 16); /* data after all: counts anew */
        w->view.now_ns += 2 * SEC;
        assert_weight_after(w, 30, NAN, 100);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_string_equal(w->decisions.items[0].reason, "no data for 30s");
}

static void test_keep(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nclear-hold = 0s\non-clear = keep\n"));
        assert_weight_after(w, 0, 30, 500);
        pass(w, 1, 1);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_KEEP);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
        assert_int_equal(phase(w), PHASE_IDLE);
}

#define EASING                                                                                               \
        RULE("then = cpu.weight = 1000\nhold = 2s\nclear-hold = 30s\ncooldown = 15s\non-clear = ease\n")

static void test_ease(void **state)
{
        struct world *w = *state;

        world_rules(w, EASING);
        assert_weight_after(w, 2, 30, 1000);
        /* 1000 is ten times 100: the square root of that is left, and so on. */
        assert_weight_after(w, 30, 1, 316.23);
        assert_int_equal(phase(w), PHASE_EASING);
        assert_string_equal(w->decisions.items[0].reason, "easing: last(psi.cpu, 1s) = 1% < 15%");
        assert_weight_after(w, 14, 1, 177.83);
        assert_weight_after(w, 14, 1, 133.35);
        assert_weight_after(w, 14, 1, 115.48);
        assert_weight_after(w, 14, 1, 107.46);
        assert_int_equal(w->decisions.items[0].verb, VERB_SET);
        assert_weight_after(w, 14, 1, 100);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_int_equal(phase(w), PHASE_IDLE);
        pass_quietly(w, 50, 1);
        assert_int_equal(w->decisions.n, 0);
}

static void test_true_again_while_easing(void **state)
{
        struct world *w = *state;

        world_rules(
                w,
                RULE("then = cpu.weight *= 3\nhold = 2s\nclear-hold = 0s\ncooldown = 5s\non-clear = ease\n"));
        assert_weight_after(w, 2, 30, 300);
        assert_weight_after(w, 5 - 1, 30, 900);
        assert_weight_after(w, 5 - 1, 1, 300);
        /* It does not hold: goes on easing. */
        pass_quietly(w, 2, 30);
        assert_int_equal(phase(w), PHASE_HOLDING);
        pass_quietly(w, 1, 1);
        assert_int_equal(phase(w), PHASE_EASING);
        assert_weight_after(w, 1, 1, 173.21);
        /* It holds: on from the eased value. */
        assert_weight_after(w, 5 - 1, 30, 519.62);
        assert_int_equal(phase(w), PHASE_ACTIVE);
}

static void test_guard(void **state)
{
        struct world *w = *state;

        put(w, "psi.cpu", DB, 1);
        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 30s\nguard = last(psi.cpu "
                            "@cgroup:/a/db, 1h) < 50%\n"));
        assert_weight_after(w, 0, 30, 200);
        /* Two windows of 10 s without harm. */
        assert_weight_after(w, 29, 30, 400);
        pass_quietly(w, 5, 30);
        /* Harm: only the last action is undone, and the rule rests for 5 minutes. */
        put(w, "psi.cpu", DB, 90);
        assert_weight_after(w, 0, 30, 200);
        assert_string_equal(w->decisions.items[0].reason,
                            "its guard turned false: last(psi.cpu @cgroup:/a/db, 1h) < 50%");
        put(w, "psi.cpu", DB, 1);
        assert_weight_after(w, 299, 30, 400);
        /* Harm again at once: 10 minutes. */
        put(w, "psi.cpu", DB, 90);
        assert_weight_after(w, 0, 30, 200);
        put(w, "psi.cpu", DB, 1);
        assert_weight_after(w, 599, 30, 400);
        /* Long after the action it is not its doing; but no further action while it lasts. */
        pass_quietly(w, 25, 30);
        put(w, "psi.cpu", DB, 90);
        pass_quietly(w, 60, 30);
        assert_int_equal(w->decisions.n, 0);
        put(w, "psi.cpu", DB, 1);
        assert_weight_after(w, 0, 30, 800);
}

/* What is taken back by hand in the meantime rests no shorter for that. */
static void test_a_guards_rest_is_not_cut_short(void **state)
{
        struct world *w = *state;

        put(w, "psi.cpu", DB, 1);
        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\nguard = last(psi.cpu @cgroup:/a/db, 1h) < 50%\n"));
        assert_weight_after(w, 0, 30, 200);
        put(w, "psi.cpu", DB, 90);
        assert_weight_after(w, 0, 30, 100);
        put(w, "psi.cpu", DB, 1);
        pass_quietly(w, 10, 30);
        engine_release(w->engine, NULL, NULL, w->view.now_ns + 20 * SEC);
        assert_weight_after(w, 289, 30, 200);
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
                TEST(test_simple_rule),
                TEST(test_hold_begins_again),
                TEST(test_no_hold),
                TEST(test_cooldown),
                TEST(test_every),
                TEST(test_cooldown_after_clear),
                TEST(test_clear_hold_begins_again),
                TEST(test_unknown_clears),
                TEST(test_keep),
                TEST(test_ease),
                TEST(test_true_again_while_easing),
                TEST(test_guard),
                TEST(test_a_guards_rest_is_not_cut_short),
        };

        return cmocka_run_group_tests_name("decide/instance", tests, NULL, NULL);
}
