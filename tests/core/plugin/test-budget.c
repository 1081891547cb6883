/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/budget.h"

#define TICK_NS 1000000000ull

/* A plugin whose collect() takes cost_ns, for n ticks of a second; how often it was asked. */
struct plugin {
        struct budget budget;
        uint64_t now_ns;
        unsigned slowed, eased;
};

static unsigned run(struct plugin *p, unsigned n, uint64_t cost_ns, double share)
{
        unsigned asked = 0;

        for (unsigned i = 0; i < n; i++) {
                enum budget_change change;

                p->now_ns += TICK_NS;
                if (!budget_due(&p->budget))
                        continue;
                asked++;
                change = budget_account(&p->budget, p->now_ns, cost_ns, share);
                p->slowed += change == BUDGET_SLOWED;
                p->eased += change == BUDGET_EASED;
        }
        return asked;
}

static void test_cheap_is_asked_every_tick(void **state)
{
        struct plugin p = {};

        assert_int_equal(run(&p, 100, TICK_NS / 25, 0.05), 100);
        assert_int_equal(p.slowed, 0);
}

static void test_one_long_collect_is_forgiven(void **state)
{
        struct plugin p = {};

        for (unsigned i = 0; i < 20; i++) {
                (void) run(&p, 9, TICK_NS / 2, 0.05);
                (void) run(&p, 1, TICK_NS / 100, 0.05);
        }
        assert_int_equal(p.slowed, 0);
}

/* 12 % is asked every fourth tick: then it uses 3 %. */
static void test_dear_is_asked_less_often(void **state)
{
        struct plugin p = {};

        (void) run(&p, 200, TICK_NS * 12 / 100, 0.05);
        assert_int_equal(p.slowed, 2);
        assert_int_equal(p.eased, 0);
        assert_int_equal(run(&p, 80, TICK_NS * 12 / 100, 0.05), 20);
}

static void test_there_is_a_least(void **state)
{
        struct plugin p = {};

        (void) run(&p, 2000, TICK_NS, 0.001);
        assert_int_equal(p.slowed, 4);
        assert_int_equal(run(&p, 160, TICK_NS, 0.001), 10);
}

static void test_cheap_again_is_asked_as_before(void **state)
{
        struct plugin p = {};

        (void) run(&p, 200, TICK_NS * 12 / 100, 0.05);
        (void) run(&p, 400, TICK_NS / 1000, 0.05);
        assert_int_equal(p.eased, 2);
        assert_int_equal(run(&p, 50, TICK_NS / 1000, 0.05), 50);
}

static void test_no_limit(void **state)
{
        struct plugin p = {};

        assert_int_equal(run(&p, 100, TICK_NS * 9, 0), 100);
        assert_int_equal(p.slowed, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cheap_is_asked_every_tick),
                cmocka_unit_test(test_one_long_collect_is_forgiven),
                cmocka_unit_test(test_dear_is_asked_less_often),
                cmocka_unit_test(test_there_is_a_least),
                cmocka_unit_test(test_cheap_again_is_asked_as_before),
                cmocka_unit_test(test_no_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
