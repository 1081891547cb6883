/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <math.h>
#include <string.h>

#include "act/floor.h"
#include "plain-files.h"

#define MIB 1048576.0

static const char stat_now[] = "anon 5\nfile 900\nkernel 3000\nkernel_stack 100\npagetables 200\nsock 7\n"
                               "inactive_anon 400\nactive_anon 600\nunevictable 50\nslab_reclaimable 1000\n"
                               "slab_unreclaimable 800\n";

static void what_no_reclaim_gives_back(void **state)
{
        /* 1000 on the lists, 50 locked, 3000 of the kernel of which 1000 can go, and 7. */
        assert_true(memory_unreclaimable(stat_now, 0) == 1000 + 50 + 2000 + 7);
        assert_true(memory_unreclaimable(stat_now, 300) == 700 + 50 + 2000 + 7);
        assert_true(memory_unreclaimable(stat_now, INFINITY) == 50 + 2000 + 7);
        /* Of 5.15, in pieces. */
        assert_true(memory_unreclaimable("anon 1\nkernel_stack 100\npagetables 200\npercpu 3\nsock 7\n"
                                         "slab_unreclaimable 800\nslab_reclaimable 5\n",
                                         0) == 100 + 200 + 3 + 7 + 800);
        assert_true(memory_unreclaimable("", 0) == 0);
}

static void the_floor_keeps_every_promise(void **state)
{
        assert_true(memory_high_floor(0, 0, 0) == 100 * MIB);
        assert_true(memory_high_floor(50 * MIB, 10 * MIB, 0) == 150 * MIB);
        assert_true(memory_high_floor(50 * MIB, 300 * MIB, 0) == 300 * MIB);
        assert_true(memory_high_floor(50 * MIB, 0, 400 * MIB) == 400 * MIB);
}

/* --- as orders meet it --- */

static struct plain p;
static struct knob high, low;

static int setup(void **state)
{
        plain_make(&p);
        plain_open(&p);
        high = low = plain_knob;
        high.file = (char *) "{path}/memory.high";
        low.file = (char *) "{path}/memory.low";

        plain_put(&p, "a/memory.high", "max");
        plain_put(&p, "a/memory.low", "0");
        plain_put(&p, "a/memory.min", "0");
        plain_put(&p, "a/memory.swap.max", "0");
        plain_put(&p, "a/memory.stat", "inactive_anon 104857600\nactive_anon 0\n");
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static void set(const struct knob *knob, double bytes)
{
        plain_wish(&p, knob, "a", bytes, NULL);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
}

static void memory_high_stays_above_its_floor(void **state)
{
        set(&high, 10 * MIB);
        assert_string_equal(plain_get(&p, "a/memory.high"), "209715200");
        assert_non_null(strstr(p.detail, "cannot be reclaimed"));

        set(&high, 300 * MIB);
        assert_string_equal(plain_get(&p, "a/memory.high"), "314572800");
        assert_string_equal(p.detail, "");

        plain_put(&p, "a/memory.low", "262144000");
        set(&high, 10 * MIB);
        assert_string_equal(plain_get(&p, "a/memory.high"), "262144000");
}

/* What would have to be raised to be legal stays where it is. */
static void a_limit_below_the_floor_is_not_raised_by_lowering_it(void **state)
{
        plain_put(&p, "a/memory.high", "157286400");
        set(&high, 10 * MIB);
        assert_string_equal(plain_get(&p, "a/memory.high"), "157286400");
}

static void memory_low_stays_below_memory_high(void **state)
{
        plain_put(&p, "a/memory.high", "1048576");
        set(&low, 2 * MIB);
        assert_string_equal(plain_get(&p, "a/memory.low"), "1048576");
        assert_non_null(strstr(p.detail, "lowered to memory.high"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_no_reclaim_gives_back),
                cmocka_unit_test(the_floor_keeps_every_promise),
                cmocka_unit_test_setup_teardown(memory_high_stays_above_its_floor, setup, teardown),
                cmocka_unit_test_setup_teardown(a_limit_below_the_floor_is_not_raised_by_lowering_it, setup, teardown),
                cmocka_unit_test_setup_teardown(memory_low_stays_below_memory_high, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
