/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "decide/rule.h"
#include "world.h"

static void test_defaults(void **state)
{
        struct world *w = *state;
        const struct rule *r;

        world_rules(w, "[rule r]\nwhen = last(net.load) > 5\nthen = vm.ratio = 5\n");
        r = ruleset_at(engine_rules(w->engine), 0);
        assert_string_equal(r->name, "r");
        assert_null(r->description);
        assert_int_equal(r->match.scope, SCOPE_HOST);
        assert_true(matcher_matches(&r->match, ""));
        assert_int_equal(r->hold_ns, 10 * SEC);
        assert_int_equal(r->clear_hold_ns, 30 * SEC);
        assert_int_equal(r->cooldown_ns, 15 * SEC);
        assert_int_equal(r->every_ns, 15 * SEC);
        assert_int_equal(r->window_ns, 10 * SEC);
        assert_int_equal(r->priority, 50);
        assert_int_equal(r->mode, MODE_ENFORCE);
        assert_int_equal(r->on_clear, ON_CLEAR_RESTORE);
        assert_false(r->contest);
        assert_false(r->delegated);
        assert_int_equal(r->keep, -1);
        assert_null(r->guard.root);
        assert_non_null(r->until.root);
        assert_null(r->waits_for);
        assert_int_equal(r->when.root->left->window_ns, 10 * SEC);
        assert_string_equal(r->path, "1.conf");
        assert_int_equal(r->line, 1);
}

static void test_every_key(void **state)
{
        struct world *w = *state;
        const struct rule *r;

        world_rules(w, "[rule r]\n"
                       "description = two lines #1\n"
                       "  of text\n"
                       "for = cgroup:/a/*, cgroup:/b,\n"
                       "  !cgroup:/a/db\n"
                       "when = last(psi.cpu) > 5%\n"
                       "hold = 1min\n"
                       "then = cpu.weight *= 1.5\n"
                       "  cpu.max @siblings -= 20%\n"
                       "every = 20s\n"
                       "within = cpu.weight 100..2k\n"
                       "  cpu.max 20%..max\n"
                       "until = last(psi.cpu) < 1%\n"
                       "clear-hold = 5s\n"
                       "guard = last(psi.cpu @cgroup:/a/db) < 50%\n"
                       "on-clear = ease\n"
                       "cooldown = 2s\n"
                       "window = 1h\n"
                       "priority = 7\n"
                       "mode = advise\n"
                       "contest = yes\n"
                       "delegated = yes\n"
                       "on-exit = keep\n");
        r = ruleset_at(engine_rules(w->engine), 0);
        assert_string_equal(r->description, "two lines #1 of text");
        assert_true(matcher_matches(&r->match, "/a/web"));
        assert_true(matcher_matches(&r->match, "/b"));
        assert_false(matcher_matches(&r->match, "/a/db"));
        assert_false(matcher_matches(&r->match, "/a"));
        assert_int_equal(r->hold_ns, 60 * SEC);
        assert_int_equal(r->every_ns, 20 * SEC);
        assert_int_equal(r->clear_hold_ns, 5 * SEC);
        assert_int_equal(r->cooldown_ns, 2 * SEC);
        assert_int_equal(r->window_ns, 3600 * SEC);
        assert_int_equal(r->when.root->left->window_ns, 3600 * SEC);
        assert_int_equal(r->priority, 7);
        assert_int_equal(r->mode, MODE_ADVISE);
        assert_int_equal(r->on_clear, ON_CLEAR_EASE);
        assert_true(r->contest);
        assert_true(r->delegated);
        assert_int_equal(r->keep, 1);
        assert_non_null(r->guard.root);

        assert_int_equal(r->n_actions, 2);
        assert_int_equal(r->actions[0].operation, OPERATION_MULTIPLY);
        assert_true(r->actions[0].operand == 1.5);
        assert_true(r->actions[0].range.low == 100 && r->actions[0].range.high == 2000);
        assert_int_equal(r->actions[1].selector.kind, SELECT_SIBLINGS);
        assert_int_equal(r->actions[1].operation, OPERATION_SUBTRACT);
        assert_true(r->actions[1].operand == 20);
        /* max is in the range, and the largest number is the knob's. */
        assert_true(r->actions[1].range.low == 20 && isinf(r->actions[1].range.high));
        assert_true(r->actions[1].finite_high == 100000);
}

/* `every` below the cooldown would break it. */
static void test_every_is_no_less_than_cooldown(void **state)
{
        struct world *w = *state;

        world_rules(w,
                    "[rule r]\nwhen = last(net.load) > 5\nthen = vm.ratio = 5\nevery = 1s\ncooldown = 9s\n");
        assert_int_equal(ruleset_at(engine_rules(w->engine), 0)->every_ns, 9 * SEC);
}

static struct ruleset *parse_files(struct world *w, const char *first, const char *second)
{
        struct ruleset *set;

        assert_int_equal(world_parse(w, first, &set), 0);
        ruleset_free(set);
        assert_int_equal(world_parse(w, second, &set), 0);
        return set;
}

#define SHIPPED                                                                                              \
        "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu) > 5%\nhold = 5s\n"                              \
        "then = cpu.weight *= 2\n cpu.max @siblings *= 0.5\n cpu.max @cgroup:/b *= 0.5\n"                    \
        "within = cpu.weight 100..2000\n cpu.max 20%..max\n cpu.max @cgroup:/b 10%..200%\n"

static void test_merge_keys(void **state)
{
        struct world *w = *state;
        struct ruleset *set = parse_files(
                w, SHIPPED,
                "[rule r]\nhold = 7s\npriority = 60\n[rule r2]\nwhen = 1 > 2\nthen = vm.ratio = 3\n");
        const struct rule *r = ruleset_find(set, "r");

        assert_int_equal(ruleset_n(set), 2);
        assert_int_equal(r->hold_ns, 7 * SEC);
        assert_int_equal(r->priority, 60);
        assert_int_equal(r->n_actions, 3);
        /* It ranks by the last file that has it, and is shown with the first. */
        assert_int_equal(r->file_index, 1);
        assert_string_equal(r->path, "1.conf");
        ruleset_free(set);
}

static void test_merge_within(void **state)
{
        struct world *w = *state;
        struct ruleset *set = parse_files(w, SHIPPED, "[rule r]\nwithin = cpu.max 50%..300%\n");
        const struct rule *r = ruleset_find(set, "r");

        assert_int_equal(r->n_bounds, 3);
        assert_true(r->actions[0].range.low == 100 && r->actions[0].range.high == 2000);
        assert_true(r->actions[1].range.low == 50 && r->actions[1].range.high == 300);
        /* The one with a selector is an entry of its own. */
        assert_true(r->actions[2].range.low == 10 && r->actions[2].range.high == 200);
        ruleset_free(set);
}

static void test_lists_are_replaced(void **state)
{
        struct world *w = *state;
        struct ruleset *set =
                parse_files(w, SHIPPED, "[rule r]\nthen = cpu.weight = 300\nfor = cgroup:/b/*\n");
        const struct rule *r = ruleset_find(set, "r");

        assert_int_equal(r->n_actions, 1);
        assert_true(matcher_matches(&r->match, "/b/web"));
        assert_false(matcher_matches(&r->match, "/a/web"));
        ruleset_free(set);
}

/* Every word that a rule can say once: the later file's. */
static void test_every_key_is_overridden(void **state)
{
        struct world *w = *state;
        struct ruleset *set = parse_files(
                w,
                SHIPPED "description = first\nuntil = last(psi.cpu) < 1%\nclear-hold = 5s\nevery = 20s\n"
                        "guard = last(psi.cpu @parent) < 50%\non-clear = ease\ncooldown = 5s\nwindow = 20s\n"
                        "mode = off\ncontest = yes\ndelegated = yes\non-exit = keep\n",
                "[rule r]\ndescription = second\nwhen = last(psi.cpu) > 8%\nuntil = last(psi.cpu) < 2%\n"
                "clear-hold = 6s\nevery = 21s\nguard = last(psi.cpu @parent) < 60%\non-clear = keep\n"
                "cooldown = 7s\nwindow = 21s\nmode = advise\ncontest = no\ndelegated = no\non-exit = "
                "restore\n");
        const struct rule *r = ruleset_find(set, "r");

        assert_string_equal(r->description, "second");
        assert_true(r->when.root->right->number == 0.08);
        assert_true(r->until.root->right->number == 0.02);
        assert_true(r->guard.root->right->number == 0.6);
        assert_int_equal(r->clear_hold_ns, 6 * SEC);
        assert_int_equal(r->every_ns, 21 * SEC);
        assert_int_equal(r->cooldown_ns, 7 * SEC);
        assert_int_equal(r->window_ns, 21 * SEC);
        assert_int_equal(r->when.root->left->window_ns, 21 * SEC);
        assert_int_equal(r->on_clear, ON_CLEAR_KEEP);
        assert_int_equal(r->mode, MODE_ADVISE);
        assert_false(r->contest);
        assert_false(r->delegated);
        assert_int_equal(r->keep, 0);
        ruleset_free(set);
}

static void test_empty_resets(void **state)
{
        struct world *w = *state;
        struct ruleset *set;
        const struct rule *r;

        set = parse_files(w, SHIPPED,
                          "[rule r]\nhold =\nthen = cpu.weight = 5000\nwithin =\n[rule r]\nwithin = mem.high "
                          "1Gi..2Gi\n");
        r = ruleset_find(set, "r");
        assert_int_equal(r->hold_ns, 10 * SEC);
        assert_int_equal(r->n_bounds, 1);
        /* The knob's own range is left. */
        assert_true(r->actions[0].range.low == 1 && r->actions[0].range.high == 10000);
        ruleset_free(set);
}

/* An empty value is as if the key had never been given; what a rule needs is missed then. */
static void test_empty_is_the_default(void **state)
{
        struct world *w = *state;
        struct ruleset *set = parse_files(
                w,
                "[rule r]\nfor = cgroup:/a/web\nwhen = last(net.load @host) > 5\nthen = vm.ratio @host = 5\n"
                "until = last(net.load @host) < 1\nguard = last(net.load @host) < 90\nmode = off\n"
                "on-clear = keep\npriority = 9\ncontest = yes\n",
                "[rule r]\nfor =\nuntil =\nguard =\nmode =\non-clear =\npriority =\ncontest =\n");
        const struct rule *r = ruleset_find(set, "r");

        assert_int_equal(r->match.scope, SCOPE_HOST);
        assert_true(r->until.root->right->number == 3.75);
        assert_null(r->guard.root);
        assert_int_equal(r->mode, MODE_ENFORCE);
        assert_int_equal(r->on_clear, ON_CLEAR_RESTORE);
        assert_int_equal(r->priority, 50);
        assert_false(r->contest);
        ruleset_free(set);

        assert_int_equal(world_parse(w, "[rule r]\nthen =\nwhen =\n", &set), -1);
        assert_int_equal(w->diag.n_errors, 2);
        assert_string_equal(w->diag.items[0].path, "3.conf");
        assert_int_equal(ruleset_n(set), 0);
        ruleset_free(set);
}

/* Half of a rule is another rule: what is wrong in a file that came later takes the whole of it away. */
static void test_a_broken_drop_in(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        assert_int_equal(world_parse(w, SHIPPED, &set), 0);
        ruleset_free(set);
        assert_int_equal(world_parse(w,
                                     "[rule r]\nhold = 1parsec\n[rule other]\nwhen = last(net.load) > 5\n"
                                     "then = vm.ratio = 5\n",
                                     &set),
                         -1);
        assert_int_equal(w->diag.n_errors, 1);
        assert_int_equal(ruleset_n(set), 1);
        assert_non_null(ruleset_find(set, "other"));
        ruleset_free(set);
}

static void test_within_meets_the_knob(void **state)
{
        struct world *w = *state;
        const struct rule *r;

        world_rules(w, "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu) > 5%\nthen = cpu.weight *= 2\n"
                       "within = cpu.weight 0..20000\n");
        r = ruleset_at(engine_rules(w->engine), 0);
        assert_true(r->actions[0].range.low == 1 && r->actions[0].range.high == 10000);
}

static void assert_waits(struct world *w, const char *text, const char *what, const char *warning,
                         unsigned column)
{
        struct ruleset *set;

        diag_clear(&w->diag);
        ini_clear(&w->ini);
        assert_int_equal(world_parse(w, text, &set), 0);
        assert_int_equal(ruleset_n(set), 1);
        assert_string_equal(ruleset_at(set, 0)->waits_for, what);
        assert_int_equal(w->diag.n_warnings, 1);
        assert_string_equal(w->diag.items[0].message, warning);
        assert_int_equal(w->diag.items[0].column, column);

        /* It is there, and does nothing. */
        assert_int_equal(engine_set_rules(w->engine, set), 0);
        for (int i = 0; i < 30; i++)
                tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", UINT64_MAX).waits_for, what);
}

static void test_waiting(void **state)
{
        struct world *w = *state;

        assert_waits(
                w, "[rule r]\nwhen = rate(block.ops) > 5k and rate(block.errors) > 1\nthen = vm.ratio = 5\n",
                "plugin 'block'", "the rule waits for plugin 'block'", 13);
        assert_waits(w, "[rule r]\nwhen = 2 > 1\nhold = 0s\nthen = io.weight @cgroup:/a = 5\n",
                     "knob 'io.weight'", "the rule waits for knob 'io.weight'", 8);
        assert_waits(w, "[rule r]\nfor = widget:*\nwhen = 2 > 1\nthen = vm.ratio @host = 5\n",
                     "scope 'widget'", "the rule waits for scope 'widget'", 7);
        assert_waits(w, "[rule r]\nwhen = sum_of(rate(block.ops @block:*)) > 5k\nthen = vm.ratio = 5\n",
                     "plugin 'block'", "the rule waits for plugin 'block'", 20);
}

/* Waiting does not hide mistakes. */
static void test_waiting_and_wrong(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        assert_int_equal(world_parse(w, "[rule r]\nwhen = rate(block.ops) >\nthen = vm.ratio = 5\n", &set),
                         -1);
        assert_int_equal(w->diag.n_errors, 1);
        assert_int_equal(ruleset_n(set), 0);
        ruleset_free(set);
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
                TEST(test_defaults),
                TEST(test_every_key),
                TEST(test_every_is_no_less_than_cooldown),
                TEST(test_merge_keys),
                TEST(test_merge_within),
                TEST(test_lists_are_replaced),
                TEST(test_every_key_is_overridden),
                TEST(test_empty_resets),
                TEST(test_empty_is_the_default),
                TEST(test_a_broken_drop_in),
                TEST(test_within_meets_the_knob),
                TEST(test_waiting),
                TEST(test_waiting_and_wrong),
        };

        return cmocka_run_group_tests_name("decide/ruleset", tests, NULL, NULL);
}
