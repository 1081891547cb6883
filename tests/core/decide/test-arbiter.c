/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/* Several rules on one knob: each is on while its gauge is above 20 %. */

#define RULE(name, gauge, more)                                                                              \
        "[rule " name "]\nfor = cgroup:/a/web\nwhen = last(psi.cpu @cgroup:" gauge                           \
        ", 1s) > 20%\nhold = 0s\n"                                                                           \
        "clear-hold = 0s\ncooldown = 1s\n" more

static void run(struct world *w, double db, double batch)
{
        put(w, "psi.cpu", DB, db);
        put(w, "psi.cpu", BATCH, batch);
        tick(w);
}

static void assert_owner(struct world *w, const char *rule, const char *shadowed)
{
        const char *r, *s;

        assert_int_equal(engine_owner(w->engine, knob_number(w, "cpu.weight"), cgroup(WEB), &r, &s), 0);
        assert_string_equal(r, rule);
        if (shadowed)
                assert_string_equal(s, shadowed);
        else
                assert_null(s);
}

static void test_priority(void **state)
{
        struct world *w = *state;
        const char *r, *s;

        world_rules(w, RULE("high", "/a/db", "then = cpu.weight = 300\npriority = 60\n")
                               RULE("low", "/a/batch", "then = cpu.weight = 500\n"));
        assert_int_equal(engine_owner(w->engine, knob_number(w, "cpu.weight"), cgroup(WEB), &r, &s), -ENOENT);

        run(w, 0, 50);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
        assert_owner(w, "low", NULL);

        /* The stronger one takes over. */
        run(w, 50, 50);
        assert_int_equal(w->decisions.n, 1);
        assert_string_equal(w->decisions.items[0].rule, "high");
        assert_true(value_of(w, "cpu.weight", WEB) == 300);
        assert_owner(w, "high", "low");
        run(w, 50, 50);
        assert_int_equal(w->decisions.n, 0);

        /* And gives back, not through the original value. */
        run(w, 0, 50);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_SET);
        assert_string_equal(w->decisions.items[0].rule, "low");
        assert_true(value_of(w, "cpu.weight", WEB) == 500);

        run(w, 0, 0);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
        assert_int_equal(engine_owner(w->engine, knob_number(w, "cpu.weight"), cgroup(WEB), &r, &s), -ENOENT);
}

/* The weaker one comes and goes unseen. */
static void test_shadowed(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("high", "/a/db", "then = cpu.weight = 300\npriority = 60\n")
                               RULE("low", "/a/batch", "then = cpu.weight = 500\n"));
        run(w, 50, 0);
        assert_int_equal(w->decisions.n, 1);
        run(w, 50, 50);
        assert_int_equal(w->decisions.n, 0);
        assert_owner(w, "high", "low");
        run(w, 50, 0);
        assert_int_equal(w->decisions.n, 0);
        assert_owner(w, "high", NULL);
}

static void test_later_section_wins(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("one", "/a/db", "then = cpu.weight = 300\n")
                               RULE("two", "/a/db", "then = cpu.weight = 500\n"));
        run(w, 50, 0);
        assert_int_equal(w->decisions.n, 1);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
        assert_owner(w, "two", "one");
}

static void test_later_file_wins(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        assert_int_equal(world_parse(w,
                                     RULE("one", "/a/db", "then = cpu.weight = 300\n")
                                             RULE("two", "/a/db", "then = cpu.weight = 500\n"),
                                     &set),
                         0);
        ruleset_free(set);
        assert_int_equal(world_parse(w, "[rule one]\ndescription = in a later file too\n", &set), 0);
        assert_int_equal(engine_set_rules(w->engine, set), 0);
        run(w, 50, 0);
        assert_owner(w, "one", "two");
}

/* Of instances of one rule, the one that acted first. */
static void test_first_wins(void **state)
{
        struct world *w = *state;

        world_rules(
                w,
                "[rule r]\nfor = cgroup:/a/db, cgroup:/a/batch\nwhen = last(psi.cpu, 1s) > 20%\nhold = 0s\n"
                "clear-hold = 0s\ncooldown = 1s\nthen = cpu.weight @cgroup:/a/web += 100\nwithin = "
                "cpu.weight 1..1000\nevery = 1h\n");
        run(w, 0, 50);
        assert_true(value_of(w, "cpu.weight", WEB) == 200);
        /* The other one starts from the owner's value, and waits. */
        run(w, 50, 50);
        assert_int_equal(w->decisions.n, 0);
        run(w, 50, 0);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_SET);
        assert_true(value_of(w, "cpu.weight", WEB) == 300);
}

/* A relative action starts from what the owner set. */
static void test_relative_on_top(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("base", "/a/db", "then = cpu.weight = 400\n")
                               RULE("more", "/a/batch",
                                    "then = cpu.weight *= 2\nwithin = cpu.weight 1..1000\nevery = 1h\n"));
        run(w, 50, 0);
        run(w, 50, 50);
        assert_true(value_of(w, "cpu.weight", WEB) == 800);
        run(w, 50, 0);
        assert_true(value_of(w, "cpu.weight", WEB) == 400);
}

/* An advising rule, however strong, keeps no other from acting. */
static void test_advice_is_apart(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("adviser", "/a/db", "then = cpu.weight = 300\npriority = 90\nmode = advise\n")
                               RULE("doer", "/a/batch", "then = cpu.weight = 500\n"));
        run(w, 50, 50);
        assert_int_equal(w->decisions.n, 2);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
        assert_owner(w, "doer", NULL);
        run(w, 0, 50);
        assert_int_equal(w->decisions.n, 1);
        assert_true(w->decisions.items[0].advise);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);
}

/* The stronger one keeps what it set; the weaker one, still active, has it. */
static void test_keep_with_heir(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("high", "/a/db", "then = cpu.weight = 300\npriority = 60\non-clear = keep\n")
                               RULE("low", "/a/batch", "then = cpu.weight = 500\n"));
        run(w, 50, 50);
        run(w, 0, 50);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_SET);
        run(w, 0, 0);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
}

static void test_restores_come_first(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("one", "/a/db", "then = cpu.weight = 300\n cpu.weight @cgroup:/a/log = 20\n")
                               RULE("two", "/a/batch", "then = mem.high = 1Gi\n"));
        run(w, 50, 0);
        assert_int_equal(w->decisions.n, 2);
        /* In the order of the actions, not of the keys of the objects. */
        assert_int_equal(w->decisions.items[0].object.key, WEB);
        run(w, 0, 50);
        assert_int_equal(w->decisions.n, 3);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_int_equal(w->decisions.items[1].verb, VERB_RESTORE);
        assert_int_equal(w->decisions.items[2].verb, VERB_SET);
        assert_true(w->decisions.items[0].id < w->decisions.items[1].id &&
                    w->decisions.items[1].id < w->decisions.items[2].id);
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
                TEST(test_priority),        TEST(test_shadowed),       TEST(test_later_section_wins),
                TEST(test_later_file_wins), TEST(test_first_wins),     TEST(test_relative_on_top),
                TEST(test_advice_is_apart), TEST(test_keep_with_heir), TEST(test_restores_come_first),
        };

        return cmocka_run_group_tests_name("decide/arbiter", tests, NULL, NULL);
}
