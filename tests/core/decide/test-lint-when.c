/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "warned.h"

/* Conditions that can never be true, and those that look like it: silence where nothing can be proved. */

#define TOGETHER "are never true together: correct one of them, or join them with 'or'"

static void test_never(void **state)
{
        static const struct warned cases[] = {
                { { "avg(psi.cpu) > 5% and avg(psi.cpu) < 3%" },
                  2,
                  8,
                  39,
                  NEVER "'avg(psi.cpu) > 5%' and 'avg(psi.cpu) < 3%' " TOGETHER },
                { { "avg(psi.cpu) > 5% and avg(psi.cpu) <= 5%" },
                  2,
                  8,
                  40,
                  NEVER "'avg(psi.cpu) > 5%' and 'avg(psi.cpu) <= 5%' " TOGETHER },
                { { "5ms < p99(sched.latency) and not 3ms <= p99(sched.latency)" },
                  2,
                  8,
                  58,
                  NEVER "'p99(sched.latency) > 5ms' and 'p99(sched.latency) < 3ms' " TOGETHER },
                { { "cpu.weight == 5 and cpu.weight == 6" },
                  2,
                  8,
                  35,
                  NEVER "'cpu.weight == 5' and 'cpu.weight == 6' " TOGETHER },
                { { "not (avg(psi.cpu) > 3% or avg(psi.cpu) < 5%)" },
                  2,
                  8,
                  44,
                  NEVER "'avg(psi.cpu) <= 3%' and 'avg(psi.cpu) >= 5%' " TOGETHER },
                { { "any_of(last(psi.cpu @siblings) > 5% and last(psi.cpu @siblings) < 3%)" },
                  2,
                  8,
                  69,
                  NEVER "'last(psi.cpu @siblings) > 5%' and 'last(psi.cpu @siblings) < 3%' " TOGETHER },
                { { "avg(psi.cpu) > 120%" },
                  2,
                  8,
                  19,
                  NEVER
                  "'avg(psi.cpu) > 120%' is never true: compare with what there can be, from 0% to 100%" },
                { { "avg(psi.cpu) < 0" },
                  2,
                  8,
                  16,
                  NEVER
                  "'avg(psi.cpu) < 0%' is never true: compare with what there can be, from 0% to 100%" },
                { { "rate(sched.runtime) < 0%" },
                  2,
                  8,
                  24,
                  NEVER
                  "'rate(sched.runtime) < 0%' is never true: compare with what there can be, at least 0%" },
                { { "count(sched.latency) == -1" },
                  2,
                  8,
                  26,
                  NEVER
                  "'count(sched.latency) == -1' is never true: compare with what there can be, at least 0" },
                { { "max_of(avg(psi.cpu @siblings)) > 150%" },
                  2,
                  8,
                  37,
                  NEVER
                  "'max_of(avg(psi.cpu @siblings)) > 150%' is never true: compare with what there can be, "
                  "from 0% to 100%" },
                { { "2 * avg(psi.cpu) + 10% > 250%" },
                  2,
                  8,
                  29,
                  NEVER "'2 * avg(psi.cpu) + 10% > 250%' is never true: compare with what there can be, from "
                        "10% to 210%" },
                { { "-avg(psi.cpu) > 1%" },
                  2,
                  8,
                  18,
                  NEVER
                  "'-avg(psi.cpu) > 1%' is never true: compare with what there can be, from -100% to 0%" },
                { { "1 > 2" }, 2, 8, 5, NEVER "'1 > 2' is never true: compare something that is measured" },
                { { "avg(psi.cpu) > 200% or rate(sched.runtime) < 0%" },
                  2,
                  8,
                  47,
                  NEVER "none of the ways in which 'when' could be true is possible: correct its numbers" },
                { { "avg(psi.cpu) >= 5% and avg(psi.cpu) <= 5% and avg(psi.cpu) != 5%" },
                  2,
                  8,
                  64,
                  NEVER "none of the ways in which 'when' could be true is possible: correct its numbers" },
        };

        CHECK_WARNED(cases);
}

/* What can be true somewhere, or of which it is not known whether it can. */
static void test_not_never(void **state)
{
        static const struct warned cases[] = {
                { { "avg(psi.cpu) > 3% and avg(psi.cpu) < 5%" } },
                { { "avg(psi.cpu) >= 5% and avg(psi.cpu) <= 5%" } },
                { { "avg(psi.cpu) > 5% or avg(psi.cpu) < 3%" } },
                { { "avg(psi.cpu) > 5% and avg(psi.cpu, 1min) < 3%" } },
                { { "avg(psi.cpu) > 5% and max(psi.cpu) < 3%" } },
                { { "avg(psi.cpu) > 5% and avg(psi.cpu @parent) < 3%" } },
                { { "avg(psi.cpu @cgroup:/a) > 5% and avg(psi.cpu @cgroup:/b) < 3%" } },
                { { "p99(sched.latency) < 1ms and p50(sched.latency) > 2ms" } },
                { { "avg(psi.cpu) == 100% and rate(sched.runtime) == 0%" } },
                { { "sum_of(avg(psi.cpu @siblings)) > 150%" } },
                { { "any_of(avg(psi.cpu @siblings) > 5%) and any_of(avg(psi.cpu @siblings) < 3%)" } },
                { { "rate(sched.runtime) > 800%" } },
                { { "last(mem.used) < 0" } },
                { { "avg(net.load @host) < -5" } },
                { { "cpu.weight > 20000" } },
                { { "cpu.max == max and cpu.max > 500%" } },
                { { "cpu.max < cpu.max @parent and cpu.max > cpu.max @parent" } },
                { { "rate(sched.runtime) / rate(sched.runtime @parent) > 200%" } },
                { { "2 > 1" } },
        };

        CHECK_WARNED(cases);
}

/* More cases than anybody would look at are not looked at. */
static void test_many_cases(void **state)
{
        char when[2048] = "(avg(psi.cpu) > 1% or avg(psi.cpu) < 2%)";
        struct warned c = { .lines.when = when };

        for (int i = 3; i < 16; i++) {
                size_t n = strlen(when);

                snprintf(when + n, sizeof(when) - n, "\n and (avg(psi.cpu) > %d%% or avg(psi.cpu) < %d%%)", i,
                         i + 1);
        }
        check_warned(&c, 1);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_never),
                cmocka_unit_test(test_not_never),
                cmocka_unit_test(test_many_cases),
        };

        return cmocka_run_group_tests_name("decide/lint-when", tests, NULL, NULL);
}
