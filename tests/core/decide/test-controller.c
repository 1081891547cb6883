/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "law.h"

/* --- idle, acting --- */

static void test_idle_while_it_is_met(void **state)
{
        struct law l = law_of(1);

        quiet(&l, 600, 0.3);
        quiet(&l, 600, 1);
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
}

static void test_the_first_samples_are_not_believed(void **state)
{
        struct law l = law_of(1);

        expect(&l, 2, CONTROLLER_NOTHING);
        after(&l, 6, 2, CONTROLLER_STEP);
        assert_int_equal(l.c.phase, CONTROLLER_ACTING);
}

/* The window has to be full of what has come before a step is judged by it. */
static void test_newly_violated_is_looked_at_twice(void **state)
{
        struct law l = law_of(1);

        quiet(&l, 100, 0.3);
        quiet(&l, 1, 1.2);
        assert_int_equal(l.c.phase, CONTROLLER_ACTING);
        after(&l, 6, 2, CONTROLLER_STEP);
}

static void test_a_peak_is_not_acted_on(void **state)
{
        struct law l = law_of(1);

        for (unsigned i = 0; i < 10; i++) {
                quiet(&l, 5, 3);
                quiet(&l, 1, 0.9);
        }
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
}

static void test_a_step_is_waited_for(void **state)
{
        struct law l = stepped(1, 1.2);

        after(&l, 6, 1.1, CONTROLLER_MARK);
}

static void test_far_beyond_the_bound_steps_are_longer(void **state)
{
        static const struct {
                double load;
                unsigned steps;
        } cases[] = { { 1.01, 1 }, { 1.49, 1 }, { 1.5, 2 }, { 2.3, 3 }, { 4, 4 }, { 1000, 4 } };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct law l = law_of(1);
                struct controller_order o;

                (void) until(&l, 60, cases[i].load, &o);
                assert_int_equal(o.steps, cases[i].steps);
        }
}

static void test_what_helps_is_marked_and_gone_on_with(void **state)
{
        struct law l = stepped(1, 3);

        for (double load = 3 * 0.94; load > 1; load *= 0.94) {
                after(&l, 6, load, CONTROLLER_MARK);
                expect(&l, load, CONTROLLER_STEP);
        }
}

/* The one that met the goal is marked too: there it goes back to. */
static void test_what_met_it_is_marked(void **state)
{
        struct law l = stepped(1, 1.2);

        l.now_ns += SEC;
        expect(&l, 0.9, CONTROLLER_MARK);
        expect(&l, 0.9, CONTROLLER_NOTHING);
        assert_int_equal(l.c.phase, CONTROLLER_HOLDING);
}

static void test_two_steps_that_do_not_help(void **state)
{
        struct law l = stepped(2, 2);
        struct controller_order o;

        after(&l, 6, 1.92, CONTROLLER_STEP);
        assert_int_equal(until(&l, 60, 1.92, &o), 6);
        assert_int_equal(o.verb, CONTROLLER_BACK);
        assert_int_equal(o.lever, 0);

        assert_int_equal(until(&l, 60, 1.92, &o), 6);
        assert_int_equal(o.verb, CONTROLLER_STEP);
        assert_int_equal(o.lever, 1);
}

/* One that helps in between makes it two again. */
static void test_misses_are_counted_in_a_row(void **state)
{
        struct law l = stepped(1, 3);

        after(&l, 6, 3, CONTROLLER_STEP);
        after(&l, 6, 2, CONTROLLER_MARK);
        expect(&l, 2, CONTROLLER_STEP);
        after(&l, 6, 2, CONTROLLER_STEP);
        after(&l, 6, 2, CONTROLLER_BACK);
}

static void test_one_step_that_harms(void **state)
{
        struct law l = stepped(2, 1.2);

        after(&l, 6, 1.6, CONTROLLER_BACK);
}

/* One bad look does not condemn what has helped: back to where it did, and once more from there. */
static void test_one_that_harms_after_it_has_helped(void **state)
{
        struct law l = stepped(2, 8);
        struct controller_order o;

        after(&l, 6, 3, CONTROLLER_MARK);
        expect(&l, 3, CONTROLLER_STEP);
        after(&l, 6, 5, CONTROLLER_BACK);
        assert_int_equal(until(&l, 60, 3, &o), 6);
        assert_int_equal(o.verb, CONTROLLER_STEP);
        assert_int_equal(o.lever, 0);

        after(&l, 6, 5, CONTROLLER_BACK); /* twice in a row */
        (void) until(&l, 60, 3, &o);
        assert_int_equal(o.lever, 1);
}

/* Lever 0 harmed, lever 1 is at hand. */
static struct law on_the_second(void)
{
        struct law l = stepped(2, 1.2);
        struct controller_order o;

        after(&l, 6, 1.6, CONTROLLER_BACK);
        (void) until(&l, 60, 1.2, &o);
        assert_int_equal(o.lever, 1);
        quiet(&l, 5, 1.2);
        expect(&l, 0.9, CONTROLLER_MARK);
        quiet(&l, 1, 0.9);
        return l;
}

static void test_a_useless_lever_is_not_tried_again_for_a_while(void **state)
{
        struct law soon = on_the_second(), later = on_the_second();
        struct controller_order o;

        (void) until(&soon, 60, 1.2, &o);
        assert_int_equal(o.lever, 1);
        quiet(&later, 300, 0.9);
        (void) until(&later, 60, 1.2, &o);
        assert_int_equal(o.lever, 0);
}

static void test_a_lever_at_its_bound_stays_and_the_next_is_tried(void **state)
{
        struct law l = law_of(2);
        struct controller_order o;

        l.stiff = true;
        (void) until(&l, 60, 1.2, &o);
        assert_int_equal(o.lever, 0);
        l.stiff = false;
        o = look(&l, 1.2);
        assert_int_equal(o.verb, CONTROLLER_STEP);
        assert_int_equal(o.lever, 1);
}

/* As long as the last step goes on to bring something, nothing is given up. */
static void test_at_the_bound_what_still_comes_is_waited_for(void **state)
{
        struct law l = stepped(1, 2);

        after(&l, 6, 1.6, CONTROLLER_MARK);
        l.stiff = true;
        expect(&l, 1.6, CONTROLLER_STEP);
        after(&l, 6, 1.3, CONTROLLER_MARK);
        expect(&l, 1.3, CONTROLLER_STEP);
        after(&l, 6, 1.3, CONTROLLER_STEP);
        expect(&l, 1.3, CONTROLLER_RELEASE);
}

/* --- stuck --- */

static void test_stuck_rests_and_doubles(void **state)
{
        static const unsigned minutes[] = { 5, 10, 20, 40, 60, 60 };
        struct law l = stuck();

        for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
                l.stiff = true;
                after(&l, 60 * minutes[i], 2, CONTROLLER_STEP);
                l.stiff = false;
                expect(&l, 2, CONTROLLER_RELEASE);
                assert_int_equal(l.c.phase, CONTROLLER_STUCK);
        }
}

static void test_after_stuck_steps_get_more_time(void **state)
{
        struct law l = stuck();

        after(&l, 300, 2, CONTROLLER_STEP);
        after(&l, 12, 1.5, CONTROLLER_MARK);
}

static void test_after_no_answer_at_all_steps_are_large(void **state)
{
        struct law l = stuck();
        struct controller_order o;

        (void) until(&l, 300, 1.2, &o);
        assert_int_equal(o.steps, 8);
        after(&l, 12, 1.1, CONTROLLER_MARK);
        assert_int_equal(look(&l, 1.1).steps, 1);
}

static void test_what_harmed_is_not_leapt_with(void **state)
{
        struct law l = stepped(1, 1.2);
        struct controller_order o;

        after(&l, 6, 1.6, CONTROLLER_BACK);
        after(&l, 6, 1.2, CONTROLLER_RELEASE);
        (void) until(&l, 300, 1.2, &o);
        assert_int_equal(o.steps, 1);
}

/* All levers are new then: who is in need may try what did not help. */
static void test_stuck_forgets_what_was_useless(void **state)
{
        struct law l = stuck();

        assert_int_equal(l.levers[0].useless_until_ns, 0);
}

/* Its rest is not cut short by a moment in which all is well. */
static void test_a_good_moment_does_not_end_the_rest(void **state)
{
        struct law l = stuck();

        quiet(&l, 1, 0.9);
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
        quiet(&l, 298, 2);
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
}

static void test_stuck_is_over_when_it_is_met(void **state)
{
        struct law l = stuck();

        quiet(&l, 10, 0.9);
        assert_int_equal(l.c.phase, CONTROLLER_IDLE);
        quiet(&l, 2 * 300, 0.9);
        assert_int_equal(l.c.stuck_rest_ns, 0);
        assert_int_equal(l.c.patience, 0);
}

/* --- blind --- */

static void test_blind_it_does_nothing(void **state)
{
        struct law acts = stepped(1, 2), holds = holding(), eases = holding(), rests = stuck();
        struct controller_order o;

        (void) until(&eases, 60, 0.7, &o);
        quiet(&acts, 3600, NAN);
        quiet(&holds, 3600, NAN);
        quiet(&eases, 3600, NAN);
        quiet(&rests, 3600, NAN);
        assert_int_equal(acts.c.phase, CONTROLLER_ACTING);
        assert_int_equal(holds.c.phase, CONTROLLER_HOLDING);
        assert_int_equal(eases.c.phase, CONTROLLER_EASING);
        assert_int_equal(rests.c.phase, CONTROLLER_STUCK);
}

static void test_margin_counts_anew_after_blindness(void **state)
{
        struct law l = holding();
        struct controller_order o;

        quiet(&l, 29, 0.7);
        quiet(&l, 1, NAN);
        assert_int_equal(until(&l, 60, 0.7, &o), 31);
}

static void test_phases_have_names(void **state)
{
        assert_string_equal(controller_phase_name(CONTROLLER_IDLE), "idle");
        assert_string_equal(controller_phase_name(CONTROLLER_STUCK), "stuck");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_idle_while_it_is_met),
                cmocka_unit_test(test_the_first_samples_are_not_believed),
                cmocka_unit_test(test_newly_violated_is_looked_at_twice),
                cmocka_unit_test(test_a_peak_is_not_acted_on),
                cmocka_unit_test(test_a_step_is_waited_for),
                cmocka_unit_test(test_far_beyond_the_bound_steps_are_longer),
                cmocka_unit_test(test_what_helps_is_marked_and_gone_on_with),
                cmocka_unit_test(test_what_met_it_is_marked),
                cmocka_unit_test(test_two_steps_that_do_not_help),
                cmocka_unit_test(test_misses_are_counted_in_a_row),
                cmocka_unit_test(test_one_step_that_harms),
                cmocka_unit_test(test_one_that_harms_after_it_has_helped),
                cmocka_unit_test(test_a_useless_lever_is_not_tried_again_for_a_while),
                cmocka_unit_test(test_a_lever_at_its_bound_stays_and_the_next_is_tried),
                cmocka_unit_test(test_at_the_bound_what_still_comes_is_waited_for),
                cmocka_unit_test(test_stuck_rests_and_doubles),
                cmocka_unit_test(test_after_stuck_steps_get_more_time),
                cmocka_unit_test(test_after_no_answer_at_all_steps_are_large),
                cmocka_unit_test(test_what_harmed_is_not_leapt_with),
                cmocka_unit_test(test_stuck_forgets_what_was_useless),
                cmocka_unit_test(test_a_good_moment_does_not_end_the_rest),
                cmocka_unit_test(test_stuck_is_over_when_it_is_met),
                cmocka_unit_test(test_blind_it_does_nothing),
                cmocka_unit_test(test_margin_counts_anew_after_blindness),
                cmocka_unit_test(test_phases_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
