/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "warned.h"

/* `until` against `when`. */

#define OVERLAP(where)                                                                                       \
        "'until' overlaps 'when', both are true with " where                                                 \
        ": the rule would let go and begin again in turns, leave a gap between the two"

static void test_until(void **state)
{
        static const struct warned cases[] = {
                { { "avg(psi.cpu) > 5%", "avg(psi.cpu) < 8%" },
                  3,
                  9,
                  17,
                  OVERLAP("avg(psi.cpu) > 5% and avg(psi.cpu) < 8%") },
                { { "avg(psi.cpu) >= 5%", "avg(psi.cpu) <= 5%" },
                  3,
                  9,
                  18,
                  OVERLAP("avg(psi.cpu) >= 5% and avg(psi.cpu) <= 5%") },
                { { "avg(psi.cpu) > 5%", "avg(psi.cpu) > 3%" },
                  3,
                  9,
                  17,
                  OVERLAP("avg(psi.cpu) > 5% and avg(psi.cpu) > 3%") },
                { { "avg(psi.cpu) > 5% or p99(sched.latency) > 9ms", "avg(psi.cpu) < 3%" },
                  3,
                  9,
                  17,
                  OVERLAP("p99(sched.latency) > 9ms and avg(psi.cpu) < 3%") },
                { { "p99(sched.latency) > 5ms", "not (p99(sched.latency) > 9ms)" },
                  3,
                  9,
                  30,
                  OVERLAP("p99(sched.latency) > 5ms and p99(sched.latency) <= 9ms") },
                { { "p99(sched.latency) > 5ms", "p99(sched.latency) < 5ms" },
                  3,
                  9,
                  24,
                  "'until' begins where 'when' ends, at 5ms: leave a gap, such as 'p99(sched.latency) < "
                  "3.75ms'" },
                { { "p99(sched.latency) > 5ms", "p99(sched.latency) <= 5ms" },
                  3,
                  9,
                  25,
                  "'until' begins where 'when' ends, at 5ms: leave a gap, such as 'p99(sched.latency) < "
                  "3.75ms'" },
                { { "last(mem.used) < 4GiB", "last(mem.used) >= 4GiB" },
                  3,
                  9,
                  22,
                  "'until' begins where 'when' ends, at 4GiB: leave a gap, such as 'last(mem.used) > 5GiB'" },
                { { "avg(psi.cpu) > 8% and last(mem.used) > 1Gi", "not (avg(psi.cpu) > 8%)" },
                  3,
                  9,
                  23,
                  "'until' begins where 'when' ends, at 8%: leave a gap, such as 'avg(psi.cpu) < 6%'" },
        };

        CHECK_WARNED(cases);
}

static void test_until_with_a_gap(void **state)
{
        static const struct warned cases[] = {
                { { "avg(psi.cpu) > 5%", "avg(psi.cpu) < 3%" } },
                { { "avg(psi.cpu) > 5% and last(mem.used) > 1Gi",
                    "avg(psi.cpu) < 3% or last(mem.used) < 900Mi" } },
                /* What the daemon makes of a rule that does not say. */
                { { "avg(psi.cpu) > 5% and last(mem.used) > 1Gi" } },
                { { "rate(sched.runtime) > 0%" } },
                /* Beside nought, and in between small counts, there may be no room. */
                { { "rate(sched.runtime) > 0%", "rate(sched.runtime) == 0%" } },
                { { "rate(sched.runtime) > 0%", "rate(sched.runtime) <= 0%" } },
                { { "count(sched.latency) >= 1", "count(sched.latency) < 1" } },
                { { "count(sched.latency) > 5", "count(sched.latency) < 6 and count(sched.latency) != 5" } },
                /* Of one metric, but not the same: the p50 is below 3 ms when the p99 is above 5, or it is
                   not. */
                { { "p99(sched.latency) > 5ms", "p99(sched.latency, 1min) < 6ms" } },
                { { "p99(sched.latency) > 5ms", "p50(sched.latency) < 3ms" } },
                /* By another measurement: its reasons are its own. */
                { { "p99(sched.latency) > 5ms", "avg(psi.cpu) < 3%" } },
                { { "p99(sched.latency) > 5ms", "last(mem.used) < last(mem.used @parent) / 2" } },
        };

        CHECK_WARNED(cases);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_until),
                cmocka_unit_test(test_until_with_a_gap),
        };

        return cmocka_run_group_tests_name("decide/lint-until", tests, NULL, NULL);
}
