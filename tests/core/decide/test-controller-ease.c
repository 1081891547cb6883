/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "law.h"

/* --- holding, easing --- */

static void test_without_margin_it_holds(void **state)
{
        struct law l = holding();

        quiet(&l, 3600, 0.8);
        assert_int_equal(l.c.phase, CONTROLLER_HOLDING);
}

static void test_eases_after_a_while_with_margin(void **state)
{
        struct law l = holding();
        struct controller_order o;

        quiet(&l, 20, 0.7);
        quiet(&l, 1, 0.8); /* begins anew */
        assert_int_equal(until(&l, 60, 0.7, &o), 31);
        assert_int_equal(o.verb, CONTROLLER_EASE);
        assert_true(o.part == 0.25);
        assert_int_equal(l.c.phase, CONTROLLER_EASING);
}

static void test_a_low_load_gives_back_half(void **state)
{
        struct law l = holding();
        struct controller_order o;

        assert_int_equal(until(&l, 60, 0.4, &o), 31);
        assert_true(o.part == 0.5);
}

static void test_an_ease_that_is_borne(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        quiet(&l, 60, 0.9);
        assert_int_equal(l.c.phase, CONTROLLER_HOLDING);
        l.levers[0].held = false;
        quiet(&l, 1, 0.9);
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
}

static void test_of_two_levers_the_last_is_eased_first(void **state)
{
        struct law l = holding();
        struct controller_order o;

        l.config.n_levers = 2;
        l.levers[1].held = true;
        (void) until(&l, 60, 0.7, &o);
        assert_int_equal(o.lever, 1);
}

/* At once, without a wait for the settle time. */
static void test_an_ease_that_breaks_goes_back(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_int_equal(l.c.phase, CONTROLLER_ACTING);
        after(&l, 6, 1.1, CONTROLLER_STEP);
}

/* Near the bound half an hour at least, then an hour; and in smaller parts. */
static void test_the_next_ease_waits_and_is_smaller(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_in_range(until(&l, 4000, 0.7, &o), 1800, 1800);
        assert_true(o.part == 0.125);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_in_range(until(&l, 4000, 0.7, &o), 3600, 3600);
        assert_true(o.part == 0.125);
}

/* What breaks within the hour is its fault; the step that follows is of the ordinary kind. */
static void test_what_breaks_later_is_the_eases_fault_too(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        quiet(&l, 3000, 0.9);
        quiet(&l, 1, 1.1);
        after(&l, 6, 1.1, CONTROLLER_STEP);
        assert_int_equal(l.c.ease_rest_ns, 30 * MINUTE);

        l = holding();
        (void) until(&l, 60, 0.7, &o);
        quiet(&l, 3601, 0.9);
        quiet(&l, 1, 1.1);
        after(&l, 6, 1.1, CONTROLLER_STEP);
        assert_int_equal(l.c.ease_rest_ns, 0);
}

/* What was eased at a low load, and breaks after minutes: the load came back. */
static void test_a_load_that_comes_back_is_nobodys_fault(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.1, &o);
        quiet(&l, 301, 0.8);
        quiet(&l, 1, 1.1);
        after(&l, 6, 1.1, CONTROLLER_STEP);
        assert_int_equal(l.c.ease_rest_ns, 0);
}

static void test_another_load_need_not_wait(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_in_range(until(&l, 4000, 0.3, &o), 30, 32);
        assert_true(o.part == 0.5);
        /* From next to nothing there is no lower one. */
        after(&l, 1, 1.1, CONTROLLER_BACK);
        quiet(&l, 30, 0.8);
        (void) until(&l, 4000, 0.01, &o);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_in_range(until(&l, 4000, 0, &o), 3600, 3600);
}

static void test_rests_become_shorter_by_and_by(void **state)
{
        struct law l = holding();
        struct controller_order o;

        (void) until(&l, 60, 0.7, &o);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_int_equal(l.c.ease_rest_ns, 30 * MINUTE);
        quiet(&l, 3600, 0.9);
        assert_int_equal(l.c.ease_rest_ns, 15 * MINUTE);
        assert_int_equal(l.c.care, 0);
        quiet(&l, 3 * 3600, 0.9);
        assert_int_equal(l.c.ease_rest_ns, 0);
}

static void test_what_cannot_be_eased_now_is_tried_later(void **state)
{
        struct law l = holding();
        struct controller_order o;

        l.stiff = true;
        (void) until(&l, 60, 0.7, &o);
        assert_int_equal(l.c.phase, CONTROLLER_HOLDING);
        assert_int_equal(until(&l, 60, 0.7, &o), 30);
}

/* --- levers that take --- */

static struct law taking(void)
{
        struct law l = law_of(1);

        l.levers[0].takes = true;
        expect(&l, 0.1, CONTROLLER_NOTHING);
        after(&l, 6, 0.1, CONTROLLER_EASE);
        return l;
}

static void test_takes_while_it_is_met(void **state)
{
        struct law l = taking();

        for (unsigned i = 0; i < 10; i++)
                after(&l, 6, 0.1, CONTROLLER_EASE);
}

static void test_gives_back_what_it_took_too_much(void **state)
{
        struct law l = taking();

        after(&l, 1, 2, CONTROLLER_BACK);
        /* It has to be fetched back first, and that hurts too. */
        after(&l, 18, 2, CONTROLLER_STEP);
        assert_false(l.c.stepped);
        after(&l, 18, 2, CONTROLLER_STEP);
        /* And takes no more for a while, however low the load is: that is what it is like. */
        quiet(&l, 200, 0);
}

/* Near the bound too it goes on after five minutes, then ten. */
static void test_looks_for_more_soon(void **state)
{
        struct law l = taking();
        struct controller_order o;

        after(&l, 6, 0.7, CONTROLLER_EASE);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_int_equal(until(&l, 4000, 0.7, &o), 300);
        assert_int_equal(o.verb, CONTROLLER_EASE);
        after(&l, 1, 1.1, CONTROLLER_BACK);
        assert_int_equal(until(&l, 4000, 0.7, &o), 600);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_without_margin_it_holds),
                cmocka_unit_test(test_eases_after_a_while_with_margin),
                cmocka_unit_test(test_a_low_load_gives_back_half),
                cmocka_unit_test(test_an_ease_that_is_borne),
                cmocka_unit_test(test_of_two_levers_the_last_is_eased_first),
                cmocka_unit_test(test_an_ease_that_breaks_goes_back),
                cmocka_unit_test(test_the_next_ease_waits_and_is_smaller),
                cmocka_unit_test(test_what_breaks_later_is_the_eases_fault_too),
                cmocka_unit_test(test_a_load_that_comes_back_is_nobodys_fault),
                cmocka_unit_test(test_another_load_need_not_wait),
                cmocka_unit_test(test_rests_become_shorter_by_and_by),
                cmocka_unit_test(test_what_cannot_be_eased_now_is_tried_later),
                cmocka_unit_test(test_takes_while_it_is_met),
                cmocka_unit_test(test_gives_back_what_it_took_too_much),
                cmocka_unit_test(test_looks_for_more_soon),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
