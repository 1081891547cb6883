/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <stdlib.h>

#include "util/str.h"

static void nearest_finds_typos(void **state)
{
        static const char *const names[] = { "sched.runq_latency", "sched.runtime", NULL, "cpu.weight" };

        assert_string_equal(str_nearest("sched.runq_latncy", names, 4), "sched.runq_latency");
        assert_string_equal(str_nearest("cpu.wieght", names, 4), "cpu.weight");
        assert_string_equal(str_nearest("sched.runtme", names, 4), "sched.runtime");
}

static void nearest_is_silent_about_strangers(void **state)
{
        static const char *const names[] = { "hold", "for" };

        assert_null(str_nearest("bandwidth", names, 2));
        assert_null(str_nearest("xyz", names, 2));
        assert_null(str_nearest("", names, 2));
}

static void escape_makes_foreign_text_harmless(void **state)
{
        char *s = str_escape("a\033[31m\n\xff\xc3\xa4\xc2\x9b%s");

        assert_string_equal(s, "a\\x1b[31m\\x0a\\xff\xc3\xa4\\xc2\\x9b%s");
        free(s);
}

static void strip_takes_both_ends(void **state)
{
        char s[] = " \t a b\n ";

        assert_string_equal(str_strip(s), "a b");
}

static void ends(void **state)
{
        assert_true(endswith("50-a.conf", ".conf"));
        assert_false(endswith("conf", ".conf"));
        assert_string_equal(startswith("cgroup:/a", "cgroup:"), "/a");
        assert_null(startswith("cg", "cgroup"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nearest_finds_typos),
                cmocka_unit_test(nearest_is_silent_about_strangers),
                cmocka_unit_test(escape_makes_foreign_text_harmless),
                cmocka_unit_test(strip_takes_both_ends),
                cmocka_unit_test(ends),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
