/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "decide/match.h"
#include "decide/rule.h"
#include "world.h"

/* Which objects `for`, a selector and `protect` mean. */

/* Units have such names: systemd escapes with \, and nothing keeps a [ or a ? out. */
#define ESCAPED "/a/dev-disk\\x2d1.swap"
#define BRACKETS "/a/job[1].scope"
#define QUESTION "/a/what?.scope"

enum { DISK = 30, DISK_BARE, JOB, JOB_BARE, WHAT, WHAT_BARE };

static const struct {
        uint64_t key;
        const char *name;
        bool meant; /* by the patterns above, which a shell would let match the others, too */
} odd[] = {
        { DISK, ESCAPED, true },  { DISK_BARE, "/a/dev-diskx2d1.swap", false },
        { JOB, BRACKETS, true },  { JOB_BARE, "/a/job1.scope", false },
        { WHAT, QUESTION, true }, { WHAT_BARE, "/a/whatx.scope", false },
};

#define N_ODD (sizeof(odd) / sizeof(odd[0]))

static void add_odd(struct world *w)
{
        for (size_t i = 0; i < N_ODD; i++)
                assert_int_equal(objects_add(w->objects, cgroup(odd[i].key), odd[i].name, "/x"), 0);
}

static void assert_odd_weights(struct world *w, double meant, double other)
{
        for (size_t i = 0; i < N_ODD; i++)
                assert_true(value_of(w, "cpu.weight", odd[i].key) == (odd[i].meant ? meant : other));
}

#define RULE(more) "[rule r]\nwhen = 2 > 1\nuntil = 1 > 2\nhold = 0s\ncooldown = 1s\n" more

static void test_names_are_literal(void **state)
{
        struct world *w = *state;

        add_odd(w);
        world_rules(w, RULE("for = cgroup:" ESCAPED ", cgroup:" BRACKETS ", cgroup:" QUESTION
                            "\nthen = cpu.weight = 50\n"));
        tick(w);
        assert_odd_weights(w, 50, 100);
        assert_int_equal(w->decisions.n, 3);
}

static void test_exclusions_are_literal(void **state)
{
        struct world *w = *state;

        add_odd(w);
        world_rules(w, RULE("for = cgroup:/a/*, !cgroup:" ESCAPED ", !cgroup:" BRACKETS ", !cgroup:" QUESTION
                            "\nthen = cpu.weight = 50\n"));
        tick(w);
        assert_odd_weights(w, 100, 50);
}

static void test_selectors_are_literal(void **state)
{
        struct world *w = *state;

        add_odd(w);
        world_rules(w, RULE("then = cpu.weight @cgroup:" ESCAPED " = 50\n cpu.weight @cgroup:" BRACKETS
                            " = 50\n cpu.weight @cgroup:" QUESTION " = 50\n"));
        tick(w);
        assert_odd_weights(w, 50, 100);
}

/* With a star in it, the rest of a pattern still is what it is. */
static void test_patterns_are_literal_but_for_stars(void **state)
{
        struct world *w = *state;

        add_odd(w);
        world_rules(w, RULE("for = cgroup:/a/dev-disk\\x2d*, cgroup:/a/job[1]*, cgroup:/a/what?*\n"
                            "then = cpu.weight = 50\n"));
        tick(w);
        assert_odd_weights(w, 50, 100);
}

static void test_protection_is_literal(void **state)
{
        static const char *const protect[] = { ESCAPED, BRACKETS, QUESTION, NULL };
        struct world *w = *state;

        add_odd(w);
        w->view.protect = protect;
        for (size_t i = 0; i < N_ODD; i++)
                assert_int_equal(object_is_protected(&w->view, objects_get(w->objects, cgroup(odd[i].key))),
                                 odd[i].meant);
        world_rules(w, RULE("for = cgroup:/a/*\nthen = cpu.weight = 50\n"));
        tick(w);
        assert_odd_weights(w, 100, 50);
}

struct visits {
        const char *names[32];
        size_t n;
};

static int visit(void *userdata, const struct object *object)
{
        struct visits *v = userdata;

        v->names[v->n++] = object->name;
        return 0;
}

static int stop(void *userdata, const struct object *object)
{
        return 7;
}

static void add_pattern(struct matcher *m, const char *glob, bool exclude)
{
        assert_int_equal(matcher_add(m, glob, strlen(glob), exclude), 0);
}

/* Each object once, however many patterns mean it; an exclusion counts wherever it stands. */
static void test_each_once(void **state)
{
        struct world *w = *state;
        struct matcher m = { .scope = SCOPE_CGROUP };
        struct visits v = { .n = 0 };

        add_pattern(&m, "/a/db", true);
        add_pattern(&m, "/a/*", false);
        add_pattern(&m, "/a/web", false);
        add_pattern(&m, "/*/web", false);
        add_pattern(&m, "/a/l*", true);
        assert_int_equal(matcher_foreach(&m, w->objects, visit, &v), 0);
        assert_int_equal(v.n, 3);
        assert_string_equal(v.names[0], "/a/batch");
        assert_string_equal(v.names[1], "/a/web");
        assert_string_equal(v.names[2], "/b/web");
        assert_false(matcher_matches(&m, "/a/db"));
        assert_false(matcher_matches(&m, "/a/log"));
        assert_false(matcher_matches(&m, "/a"));
        assert_int_equal(matcher_foreach(&m, w->objects, stop, NULL), 7);
        matcher_clear(&m);
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
                TEST(test_names_are_literal),     TEST(test_exclusions_are_literal),
                TEST(test_selectors_are_literal), TEST(test_patterns_are_literal_but_for_stars),
                TEST(test_protection_is_literal), TEST(test_each_once),
        };

        return cmocka_run_group_tests_name("decide/match", tests, NULL, NULL);
}
