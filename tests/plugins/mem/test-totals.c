/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "totals.h"

/* What the kernel's counts come to when they wrap, change hands, and are seen half written. */

static void test_wraps(void **state)
{
        static struct mem_account a;
        static struct mem_reading now;

        memset(&a, 0, sizeof(a));
        memset(&now, 0, sizeof(now));
        a.last.stats.latency[MEM_RECLAIM][7] = UINT32_MAX;
        now.stats.latency[MEM_RECLAIM][7] = 1;
        now.stats.stalled_ns[MEM_RECLAIM] = 14;
        mem_account_advance(&a, &now);
        assert_int_equal(a.totals.latency[MEM_RECLAIM][7], 2);
        assert_int_equal(a.totals.stalled_ns[MEM_RECLAIM], 14);
        mem_account_advance(&a, &now);
        assert_int_equal(a.totals.latency[MEM_RECLAIM][7], 2);
}

/* Who takes over a slot has nothing of what is in it. */
static void test_takes_over(void **state)
{
        static struct mem_account a;
        static struct mem_reading now;

        memset(&a, 0, sizeof(a));
        memset(&now, 0, sizeof(now));
        now.allocated = 1000;
        now.stats.reclaimed = 500;
        now.stats.stalled_ns[MEM_COMPACTION] = 70;
        now.stats.latency[MEM_COMPACTION][3] = 9;
        a.last = now;
        now.allocated += 5;
        now.stats.reclaimed += 3;
        mem_account_advance(&a, &now);
        assert_int_equal(a.totals.allocated, 5);
        assert_int_equal(a.totals.reclaimed, 3);
        assert_int_equal(a.totals.latency[MEM_COMPACTION][3], 0);
}

/* The histogram is added to before the sum: seen in between, the stall comes with the next one, once. */
static void test_half_written(void **state)
{
        static struct mem_account a;
        static struct mem_reading now;

        memset(&a, 0, sizeof(a));
        memset(&now, 0, sizeof(now));
        now.stats.latency[MEM_MEMCG_RECLAIM][20] = 1;
        mem_account_advance(&a, &now);
        assert_int_equal(a.totals.latency[MEM_MEMCG_RECLAIM][20], 0);
        now.stats.stalled_ns[MEM_MEMCG_RECLAIM] = 100;
        mem_account_advance(&a, &now);
        mem_account_advance(&a, &now);
        assert_int_equal(a.totals.latency[MEM_MEMCG_RECLAIM][20], 1);
        assert_int_equal(a.totals.stalled_ns[MEM_MEMCG_RECLAIM], 100);
}

static void test_sums(void **state)
{
        static struct mem_totals sum, part;
        static struct mem_reading reading;
        static struct mem_stats stats;

        part.allocated = 1;
        part.reclaimed = 2;
        part.stalled_ns[MEM_RECLAIM] = 3;
        part.latency[MEM_RECLAIM][0] = 4;
        mem_totals_add(&sum, &part);
        mem_totals_add(&sum, &part);
        assert_true(sum.allocated == 2 && sum.reclaimed == 4 && sum.stalled_ns[MEM_RECLAIM] == 6 &&
                    sum.latency[MEM_RECLAIM][0] == 8);

        stats.latency[MEM_RECLAIM][0] = UINT32_MAX;
        stats.reclaimed = 5;
        mem_reading_add(&reading, &stats, 6);
        mem_reading_add(&reading, &stats, 6);
        assert_true(reading.stats.latency[MEM_RECLAIM][0] == UINT32_MAX - 1 && reading.stats.reclaimed == 10 &&
                    reading.allocated == 12);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_wraps),
                cmocka_unit_test(test_takes_over),
                cmocka_unit_test(test_half_written),
                cmocka_unit_test(test_sums),
        };

        return cmocka_run_group_tests_name("plugins/mem/totals", tests, NULL, NULL);
}
