/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "warned.h"
#include "world.h"

/* What a rule is for, what it changes, and that warnings are no more than that. */

#define FOR_NOTHING NEVER "'!' leaves out again all that it is for, narrow that"

static void test_for(void **state)
{
        static const struct warned cases[] = {
                { { .more = "for = cgroup:/a/web, !cgroup:/a/*\nthen = cpu.weight = 200\n" },
                  3,
                  7,
                  27,
                  FOR_NOTHING },
                { { .more = "for = cgroup:/a/w*, cgroup:/a/db, !cgroup:/a/*\nthen = cpu.weight = 200\n" },
                  3,
                  7,
                  40,
                  FOR_NOTHING },
                { { "rate(irq.count) > 5", .more = "for = irq:7, !irq:7\nthen = irq.mode = high\n" },
                  3,
                  7,
                  13,
                  FOR_NOTHING },
                { { .more = "for = cgroup:/a/*, !cgroup:/a/web\nthen = cpu.weight = 200\n" } },
                { { .more = "for = cgroup:/a/*, !cgroup:/*/web\nthen = cpu.weight = 200\n" } },
                { { .more = "for = cgroup:/a/w*, cgroup:/b/*, !cgroup:/a/*\nthen = cpu.weight = 200\n" } },
                { { .more = "for = cgroup:/a/web, !cgroup:/a\nthen = cpu.weight = 200\n" } },
        };

        CHECK_WARNED(cases);
}

/* What nobody may touch is known without any machine. */
static void test_protected(void **state)
{
        static const char *const message =
                "rule 'r' can never act: all that it would change is protected, name other objects";
        static const struct lines warned[] = {
                { .more = "then = cpu.weight = 200\nfor = cgroup:/init.scope\n" },
                { .more = "then = cpu.weight = 200\nfor = cgroup:/init.scope/*\n" },
                { .more = "then = cpu.weight = 200\nfor = cgroup:/system.slice/ssh.service, "
                          "cgroup:/init.scope\n" },
                { .more = "then = cpu.weight @cgroup:/init.scope = 200\nfor = cgroup:/a/web\n" },
                { .more = "then = cpu.weight @cgroup:/system.slice/ssh@*.service = 200\nfor = "
                          "cgroup:/a/web\n" },
                { .more = "then = cpu.weight @children = 200\nfor = cgroup:/init.scope\n" },
        };
        static const struct warned silent[] = {
                { { .more = "then = cpu.weight = 200\nfor = cgroup:/init.scope, cgroup:/a/web\n" } },
                { { .more = "then = cpu.weight = 200\nfor = cgroup:/system.slice/s*\n" } },
                { { .more = "then = cpu.weight = 200\n cpu.weight @cgroup:/a = 200\nfor = "
                            "cgroup:/init.scope\n" } },
                { { .more = "then = cpu.weight @siblings = 200\nfor = cgroup:/init.scope\n" } },
                { { .more = "then = cpu.weight @parent = 200\nfor = cgroup:/system.slice/ssh.service\n" } },
                { { "avg(psi.cpu @cgroup:/init.scope) > 5%" } },
        };

        for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
                unsigned width = (unsigned) (strchr(warned[i].more, '\n') - warned[i].more) - 7;
                const struct warned c = { warned[i], 3, 8, width, message };

                check_warned(&c, 1);
        }
        CHECK_WARNED(silent);
}

#define FOR_WEB "for = cgroup:/a/web\n"

static void test_steps(void **state)
{
        static const struct warned cases[] = {
                { { .more = FOR_WEB "then = cpu.weight *= 1.5\nwithin = cpu.weight 100..100\n" },
                  4,
                  8,
                  17,
                  "the bounds leave only 100 for 'cpu.weight': write 'cpu.weight = 100', or widen 'within'" },
                { { .more = FOR_WEB "then = cpu.weight *= 1.5\nwithin = cpu.weight 10000..20000\n" },
                  4,
                  8,
                  17,
                  "the bounds leave only 10000 for 'cpu.weight': write 'cpu.weight = 10000', or widen "
                  "'within'" },
                { { .more = FOR_WEB "then = cpu.max -= 5%\nwithin = cpu.max max..max\n" },
                  4,
                  8,
                  13,
                  "the bounds leave only max for 'cpu.max': write 'cpu.max = max', or widen 'within'" },
                { { .more = FOR_WEB
                    "then = cpu.weight = 100\n cpu.max *= 100%\nwithin = cpu.max 20%..max\n" },
                  5,
                  2,
                  15,
                  "this step changes nothing: give another factor than 1" },
                { { .more = FOR_WEB "then = cpu.weight /= 1\nwithin = cpu.weight 1..20\n" },
                  4,
                  8,
                  15,
                  "this step changes nothing: give another factor than 1" },
                { { .more = FOR_WEB "then = cpu.weight += 1\nwithin = cpu.weight 1..2\n" } },
                { { .more = FOR_WEB "then = cpu.weight = 100\nwithin = cpu.weight 100..100\n" } },
                { { .more = FOR_WEB "then = cpu.max *= 0.5\nwithin = cpu.max 100000%..max\n" } },
        };

        CHECK_WARNED(cases);
}

/* Warnings let the rule be; a rule that is wrong, or waits, gets none. */
static void test_only_warnings(void **state)
{
        struct ruleset *set = NULL;
        struct world w;

        world_init(&w);
        assert_int_equal(
                world_parse(&w,
                            "[rule never]\nwhen = 1 > 2\nthen = vm.ratio = 5\n"
                            "[rule waits]\nwhen = 1 > 2 and rate(block.ops) > 5\nthen = vm.ratio = 5\n"
                            "[rule wrong]\nwhen = 1 > 2\nthen = vm.ration = 5\n",
                            &set),
                -1);
        assert_int_equal(w.diag.n_errors, 1);
        assert_int_equal(w.diag.n_warnings, 2);
        assert_int_equal(ruleset_n(set), 2);
        ruleset_free(set);
        world_clear(&w);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_for),
                cmocka_unit_test(test_protected),
                cmocka_unit_test(test_steps),
                cmocka_unit_test(test_only_warnings),
        };

        return cmocka_run_group_tests_name("decide/lint", tests, NULL, NULL);
}
