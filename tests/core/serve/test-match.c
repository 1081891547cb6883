/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "serve/match.h"

static char *of(char *buffer, char letter, size_t n)
{
        memset(buffer, letter, n);
        buffer[n] = '\0';
        return buffer;
}

static void names_and_patterns_have_an_end(void **state)
{
        char buffer[2 * PATH_MAX];

        assert_int_equal(match_check(""), 0);
        assert_int_equal(match_check("cgroup:/system.slice/*.service"), 0);
        assert_int_equal(match_check(of(buffer, 'x', PATH_MAX)), 0);
        assert_int_equal(match_check(of(buffer, 'x', PATH_MAX + 1)), -E2BIG);

        assert_int_equal(match_check(of(buffer, '*', 256)), 0);
        for (const char *wild = "*?["; *wild; wild++) {
                (void) of(buffer, 'x', 257);
                buffer[256] = *wild;
                assert_int_equal(match_check(buffer), -E2BIG);
        }
}

static void a_star_crosses_slashes(void **state)
{
        assert_true(match_name(NULL, "x"));
        assert_true(match_name("", "x"));
        assert_true(match_name("*c", "/a/b/c"));
        assert_false(match_name("c", "/a/b/c"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_and_patterns_have_an_end),
                cmocka_unit_test(a_star_crosses_slashes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
