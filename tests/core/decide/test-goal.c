/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "decide/goal.h"
#include "decide/rule.h"
#include "world.h"

/* A goal from its text to the knobs: /a/web suffers psi.cpu as the test says. */

static const char one_lever[] = "[goal web]\n"
                                "for = cgroup:/a/web\n"
                                "keep = avg(psi.cpu) < 20%\n"
                                "by = cpu.weight 100..2000\n"
                                "settle = 5s\n"
                                "ease-after = 20s\n";

static const struct rule *goal_of(struct world *w, const char *text)
{
        world_rules(w, text);
        return ruleset_at(engine_rules(w->engine), 0);
}

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        world_init(w);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        world_clear(*state);
        free(*state);
        return 0;
}

static void test_parsed(void **state)
{
        const struct rule *r = goal_of(*state, one_lever);
        const struct goal *g = r->goal;

        assert_non_null(g);
        assert_true(g->bound == 0.2);
        assert_false(g->above);
        assert_int_equal(g->n_levers, 1);
        assert_string_equal(g->levers[0].text, "cpu.weight 100..2000");
        assert_int_equal(g->settle_ns, 5 * SEC);
        assert_int_equal(r->window_ns, 5 * SEC);
        assert_int_equal(g->ease_after_ns, 20 * SEC);
        assert_true(r->actions[0].operand == 1.5);
}

/* What the step is when the lever does not say. */
static void test_default_steps(void **state)
{
        const struct rule *r = goal_of(*state, "[goal web]\n"
                                               "for = cgroup:/a/web\n"
                                               "keep = avg(psi.cpu) < 20%\n"
                                               "by = cpu.weight 100..2000\n"
                                               "     cpu.weight @siblings 10..100\n"
                                               "     cpu.max 20%..max\n"
                                               "     cpu.max @siblings 20%..max\n"
                                               "     cpu.max @parent 20%..max step +50%\n"
                                               "take = mem.high 1Mi..max\n");

        assert_int_equal(r->goal->n_levers, 6);
        assert_true(r->goal->levers[0].takes);
        assert_true(r->actions[0].operand == 0.95);
        assert_true(r->actions[1].operand == 1.5);
        assert_true(fabs(r->actions[2].operand - 1 / 1.5) < 1e-9);
        assert_true(r->actions[3].operand == 1.25);
        assert_true(r->actions[4].operand == 0.8);
        assert_int_equal(r->actions[5].operation, OPERATION_ADD);
        assert_true(r->actions[5].operand == 50);
}

/* The window is the settle time, or the settle time is as long as the window. */
static void test_nothing_of_before_the_step_is_seen(void **state)
{
        const struct rule *r = goal_of(*state, "[goal web]\n"
                                               "for = cgroup:/a/web\n"
                                               "window = 30s\n"
                                               "settle = 5s\n"
                                               "keep = avg(psi.cpu) < 20%\n"
                                               "by = cpu.weight 100..2000\n");

        assert_int_equal(r->window_ns, 30 * SEC);
        assert_int_equal(r->goal->settle_ns, 30 * SEC);
}

static void test_load(void **state)
{
        const struct goal below = { .bound = 5 }, above = { .bound = 100, .above = true };

        assert_true(goal_load(&below, 5) == 1);
        assert_true(goal_load(&below, 10) == 2);
        assert_true(goal_load(&below, 3.75) == 0.75);
        assert_true(goal_load(&above, 100) == 1);
        assert_true(goal_load(&above, 125) == 0.75);
        assert_true(goal_load(&above, 50) == 1.5);
        assert_true(isnan(goal_load(&below, NAN)));
        assert_true(goal_load(&below, nextafter(5, 6)) == 1);
}

static void test_errors(void **state)
{
        static const struct {
                const char *keys, *message;
        } cases[] = {
                { "keep = avg(psi.cpu) < 20% and avg(psi.cpu) > 1%\nby = cpu.weight 100..200\n", "a goal keeps one measured number" },
                { "keep = avg(psi.cpu) == 20%\nby = cpu.weight 100..200\n", "a goal keeps one measured number" },
                { "keep = avg(psi.cpu) < 0%\nby = cpu.weight 100..200\n", "must not be 0" },
                { "keep = avg(psi.cpu) < 20%\n", "has no lever" },
                { "by = cpu.weight 100..200\n", "has no 'keep'" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight\n", "expected a number" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight 100..200 stride *2\n", "expected 'step' or the end" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight 100..200 step 2\n", "expected *, /, + or -" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight 100..200 step *1\n", "moves nothing" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.set 0..3\n", "is no number" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight 100..200\nwhen = avg(psi.cpu) > 1%\n", "unknown key 'when'" },
                { "keep = avg(psi.cpu) < 20%\nby = cpu.weight 100..200\nsettle = 1ms\n", "expected a time from" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct world w;
                struct ruleset *set;
                char text[512];

                world_init(&w);
                (void) snprintf(text, sizeof(text), "[goal web]\nfor = cgroup:/a/web\n%s", cases[i].keys);
                if (world_parse(&w, text, &set) != -1)
                        fail_msg("no error in: %s", cases[i].keys);
                if (!strstr(w.diag.items[0].message, cases[i].message))
                        fail_msg("%s: \"%s\"", cases[i].keys, w.diag.items[0].message);
                ruleset_free(set);
                world_clear(&w);
        }
}

static void test_one_name_one_thing(void **state)
{
        struct ruleset *set;
        struct world *w = *state;
        char text[1024];

        (void) snprintf(text, sizeof(text),
                        "[rule web]\nfor = cgroup:/a/web\nwhen = avg(psi.cpu) > 20%%\nthen = cpu.weight = 200\n%s", one_lever);
        assert_int_equal(world_parse(w, text, &set), -1);
        assert_non_null(strstr(w->diag.items[0].message, "another rule or goal of the name 'web'"));
        ruleset_free(set);
}

/* A later file changes one bound; an empty one drops all. */
static void test_levers_merge(void **state)
{
        struct ruleset *set;
        struct world *w = *state;
        const struct rule *r;

        assert_int_equal(world_parse(w, one_lever, &set), 0);
        ruleset_free(set);
        assert_int_equal(world_parse(w, "[goal web]\nby = cpu.max @siblings 20%..max\n     cpu.weight 100..500\n", &set), 0);
        r = ruleset_at(set, 0);
        assert_int_equal(r->goal->n_levers, 2);
        assert_string_equal(r->goal->levers[0].text, "cpu.weight 100..500");
        assert_true(r->actions[0].range.high == 500);
        ruleset_free(set);
        assert_int_equal(world_parse(w, "[goal web]\nby =\n[goal web]\nby = cpu.max 20%..max\n", &set), 0);
        r = ruleset_at(set, 0);
        assert_int_equal(r->goal->n_levers, 1);
        ruleset_free(set);
}

/* The pressure of /a/web falls as its weight rises: the goal is met at 400. */
static double pressure(struct world *w)
{
        return 80.0 * 100 / value_of(w, "cpu.weight", WEB);
}

static void live(struct world *w, int seconds, double load)
{
        for (int i = 0; i < seconds; i++) {
                put(w, "psi.cpu", WEB, pressure(w) * load);
                tick(w);
                assert_true(value_of(w, "cpu.weight", WEB) >= 100);
                assert_true(value_of(w, "cpu.weight", WEB) <= 2000);
        }
}

static void test_reaches_the_goal(void **state)
{
        struct world *w = *state;

        world_rules(w, one_lever);
        live(w, 60, 1);
        assert_true(pressure(w) < 20);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_CLEARING);
}

static void test_gives_back(void **state)
{
        struct world *w = *state;

        world_rules(w, one_lever);
        live(w, 60, 1);
        live(w, 400, 0.01);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_IDLE);
}

static void test_holds_still_without_data(void **state)
{
        struct world *w = *state;
        double weight;

        world_rules(w, one_lever);
        live(w, 20, 1);
        weight = value_of(w, "cpu.weight", WEB);
        assert_true(weight > 100);
        pass(w, 300, NAN);
        assert_true(value_of(w, "cpu.weight", WEB) == weight);
}

/* Nothing that is done changes anything: all goes back, and it rests. */
static void test_stuck(void **state)
{
        struct world *w = *state;

        world_rules(w, one_lever);
        pass(w, 60, 80);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_RESTING);
}

static void test_a_lever_of_others(void **state)
{
        struct world *w = *state;

        world_rules(w, "[goal web]\n"
                       "for = cgroup:/a/web\n"
                       "keep = avg(psi.cpu) < 20%\n"
                       "by = cpu.max @siblings 20%..max\n"
                       "settle = 5s\n");
        for (int i = 0; i < 120; i++) {
                double most = value_of(w, "cpu.max", DB);

                put(w, "sched.runtime", DB, i * 0.9e9);
                put(w, "sched.runtime", BATCH, i * 0.9e9);
                put(w, "sched.runtime", LOG, i * 0.9e9);
                put(w, "psi.cpu", WEB, isinf(most) ? 80 : fmin(most, 90) / 90 * 80);
                tick(w);
        }
        assert_true(value_of(w, "cpu.max", DB) < 25);
        assert_true(value_of(w, "cpu.max", LOG) < 25);
        assert_true(isinf(value_of(w, "cpu.max", WEB)));
        assert_true(isinf(value_of(w, "cpu.max", BWEB)));
}

/* The working set is 300 MiB: below that there is pressure. */
static void test_takes_what_is_not_needed(void **state)
{
        struct world *w = *state;
        const double MiB = 1024 * 1024, need = 300 * MiB;
        double least = INFINITY, high;

        world_rules(w, "[goal web]\n"
                       "for = cgroup:/a/web\n"
                       "keep = avg(psi.cpu) < 1%\n"
                       "take = mem.high 64Mi..max\n"
                       "settle = 5s\n");
        for (int i = 0; i < 3600; i++) {
                high = value_of(w, "mem.high", WEB);
                put(w, "mem.used", WEB, fmin(high, 1000 * MiB));
                put(w, "psi.cpu", WEB, high < need ? 100 * (need - high) / need : 0);
                tick(w);
                least = fmin(least, high);
        }
        assert_true(least > 0.85 * need);
        assert_true(high < 1.15 * need);
        assert_true(high >= need);
}

static void test_a_rule_of_higher_rank_holds_the_lever(void **state)
{
        struct world *w = *state;
        char text[1024];

        (void) snprintf(text, sizeof(text),
                        "%s[rule fixed]\nfor = cgroup:/a/web\nwhen = avg(psi.cpu) > 1%%\nhold = 0s\nthen = cpu.weight = 150\n"
                        "priority = 90\n",
                        one_lever);
        world_rules(w, text);
        pass(w, 100, 80);
        assert_true(value_of(w, "cpu.weight", WEB) == 150);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_RESTING);
}

static void test_advise_moves_nothing(void **state)
{
        struct world *w = *state;
        char text[1024];

        (void) snprintf(text, sizeof(text), "%smode = advise\n", one_lever);
        world_rules(w, text);
        live(w, 60, 1);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
}

static void test_guard_undoes(void **state)
{
        struct world *w = *state;
        char text[1024];

        (void) snprintf(text, sizeof(text), "%sguard = last(mem.used @cgroup:/a/db) < 1Mi\n", one_lever);
        world_rules(w, text);
        put(w, "mem.used", DB, 0);
        for (int i = 0; i < 30; i++) {
                put(w, "mem.used", DB, value_of(w, "cpu.weight", WEB) > 100 ? 2e6 : 0);
                put(w, "psi.cpu", WEB, 80);
                tick(w);
        }
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_RESTING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_parsed),
                TEST(test_default_steps),
                TEST(test_nothing_of_before_the_step_is_seen),
                TEST(test_load),
                TEST(test_errors),
                TEST(test_one_name_one_thing),
                TEST(test_levers_merge),
                TEST(test_reaches_the_goal),
                TEST(test_gives_back),
                TEST(test_holds_still_without_data),
                TEST(test_stuck),
                TEST(test_a_lever_of_others),
                TEST(test_takes_what_is_not_needed),
                TEST(test_a_rule_of_higher_rank_holds_the_lever),
                TEST(test_advise_moves_nothing),
                TEST(test_guard_undoes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
