/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse.h"

static void assert_value(enum metric m, const char *text, uint64_t expected)
{
        uint64_t value = ~expected;

        assert_int_equal(parse_source(&sources[m], text, &value), 0);
        assert_int_equal(value, expected);
}

static void assert_none(enum metric m, const char *text)
{
        uint64_t value = 4711;

        assert_int_equal(parse_source(&sources[m], text, &value), -ENODATA);
        assert_int_equal(value, 4711);
}

/* As Linux 6.18 prints them. */
static const char pressure[] = "some avg10=0.45 avg60=3.27 avg300=1.70 total=13208728\n"
                               "full avg10=0.00 avg60=0.00 avg300=0.00 total=77\n";
static const char cpu_stat[] = "usage_usec 112828000\nuser_usec 65104000\nsystem_usec 47724000\nnice_usec 0\n"
                               "nr_periods 12\nnr_throttled 3\nthrottled_usec 4500\n";
static const char memory_stat[] = "anon 1048576\nfile 2097152\nkernel 3\nanon_thp 9\nworkingset_refault_anon 40\n"
                                  "workingset_refault_file 2\nworkingset_activate_anon 1\n";

static void test_pressure(void **state)
{
        assert_value(CPU_SOME, pressure, 13208728);
        assert_value(IO_FULL, pressure, 77);
        assert_none(CPU_FULL, "some avg10=0.45 avg60=3.27 avg300=1.70 total=13208728\n");
        /* The total is that of its own line. */
        assert_none(MEMORY_SOME, "some avg10=0.00\nfull avg10=0.00 total=5\n");
        assert_none(MEMORY_SOME, "some avg10=0.00 avg60=0.00 avg300=0.00 total=\n");
        assert_none(MEMORY_SOME, "some total=x\n");
        assert_none(MEMORY_SOME, "");
}

static void test_keyed(void **state)
{
        assert_value(CPU_USAGE, cpu_stat, 112828000);
        assert_value(THROTTLED, cpu_stat, 4500);
        assert_value(MEMORY_ANON, memory_stat, 1048576);
        assert_value(OOM_KILLS, "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n", 1);
        assert_none(THROTTLED, "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
        assert_none(OOM_KILLS, "oom_kill_disable 5\n");
        assert_none(OOM_KILLS, "oom_kill\n");
        assert_none(OOM_KILLS, "oom_kill -1\n");
        assert_none(OOM_KILLS, "oom_kill 1x\n");
        assert_none(OOM_KILLS, "oom_kill 99999999999999999999999\n");
}

static void test_refaults_are_a_sum(void **state)
{
        assert_value(REFAULTS, memory_stat, 42);
        assert_none(REFAULTS, "workingset_refault_anon 40\n");
}

static void test_number(void **state)
{
        assert_value(MEMORY_CURRENT, "18446744073709551615\n", UINT64_MAX);
        assert_value(MEMORY_CURRENT, "0", 0);
        assert_none(MEMORY_CURRENT, "max\n");
        assert_none(MEMORY_CURRENT, "\n");
}

static void test_words(void **state)
{
        assert_true(has_word("cpuset cpu io memory\n", "cpu"));
        assert_true(has_word("cpuset cpu io memory\n", "memory"));
        assert_true(has_word("rw,relatime,cpu,cpuacct", "cpuacct"));
        assert_false(has_word("cpuset cpuacct io\n", "cpu"));
        assert_false(has_word("", "cpu"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pressure),
                cmocka_unit_test(test_keyed),
                cmocka_unit_test(test_refaults_are_a_sum),
                cmocka_unit_test(test_number),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
