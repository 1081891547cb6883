/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decide/glob.h"
#include "decide/match.h"

static void test_covers(void **state)
{
        assert_true(glob_covers("/a", "/a"));
        assert_true(glob_covers("/a/*", "/a/b"));
        assert_true(glob_covers("/a/*", "/a/*.service"));
        assert_true(glob_covers("/a/*", "/a/*"));
        assert_true(glob_covers("/*/b*", "/a/bc*"));
        assert_false(glob_covers("/a/*.service", "/a/*"));
        assert_false(glob_covers("/a/b", "/a/*"));
        assert_false(glob_covers("/a/*", "/*/b"));
        assert_false(glob_covers("/a/*", "/a/b/c"));
}

static void test_covers_tree(void **state)
{
        assert_true(glob_covers_tree("/a", "/a"));
        assert_true(glob_covers_tree("/a", "/a/*/c"));
        assert_true(glob_covers_tree("/a*", "/ab/c"));
        assert_false(glob_covers_tree("/a/b", "/a"));
        assert_false(glob_covers_tree("/a", "/ab/c"));
        assert_false(glob_covers_tree("/a", "/*/b"));
}

/* What is found stands against both: that is all the rest builds on. */
static void test_common(void **state)
{
        static const struct {
                const char *a, *b, *common; /* NULL: there is none */
        } cases[] = {
                { "/a", "/a", "/a" },
                { "/a", "/b", NULL },
                { "/a/*", "/a/b", "/a/b" },
                { "/a/*", "/b/*", NULL },
                { "/a/*", "/*/b", "/a/b" },
                { "/a/web*", "/a/*.service", "/a/web.service" },
                { "/a/*", "/a/*", "/a/x" },
                { "/*/*", "/a*/*", "/a/x" },
                { "/a/*x", "/a/*y", NULL },
                { "/a/*b*", "/a/*c*", "/a/bc" },
                { "/a/*", "/a", NULL },
                { "/a/*", "/a/b/c", NULL },
                { "/a*c", "/ab*", "/abc" },
                { "/a/*x", "/a/b/*x", NULL },
                { "/a/*", "/*/b/c", NULL },
                { "*", "*", "x" },
                { "", "", "" },
                { "/", "/", "/" },
                /* Names are what they are, with whatever is in them. */
                { "/dev-disk\\x2d1.swap", "/dev-disk\\x2d1.swap", "/dev-disk\\x2d1.swap" },
                { "/dev-disk\\x2d*", "/dev-*.swap", "/dev-disk\\x2d.swap" },
                { "/a[b]?", "/ab1", NULL },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                for (int swap = 0; swap < 2; swap++) {
                        const char *a = swap ? cases[i].b : cases[i].a, *b = swap ? cases[i].a : cases[i].b;
                        char *common = NULL;

                        assert_int_equal(glob_common(a, b, &common), 0);
                        if (!cases[i].common) {
                                assert_null(common);
                                continue;
                        }
                        assert_non_null(common);
                        assert_true(pattern_matches(a, common));
                        assert_true(pattern_matches(b, common));
                        if (!swap)
                                assert_string_equal(common, cases[i].common);
                        free(common);
                }
}

/* Stars that could eat each other for ever do not. */
static void test_many_stars(void **state)
{
        char a[200], b[200], *common = NULL;

        memset(a, '*', sizeof(a));
        memset(b, '*', sizeof(b));
        memcpy(a + sizeof(a) - 2, "x", 2);
        memcpy(b + sizeof(b) - 2, "y", 2);
        assert_int_equal(glob_common(a, b, &common), 0);
        assert_null(common);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_covers),
                cmocka_unit_test(test_covers_tree),
                cmocka_unit_test(test_common),
                cmocka_unit_test(test_many_stars),
        };

        return cmocka_run_group_tests_name("decide/glob", tests, NULL, NULL);
}
