/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decide/step.h"

#define MAX ((double) INFINITY)
#define UNKNOWN ((double) NAN)

static double step(enum operation operation, double operand, struct range range, double finite_high,
                   double from, double use)
{
        const struct action a = {
                .operation = operation,
                .operand = operand,
                .range = range,
                .finite_high = finite_high,
        };
        double next = -1;

        return step_relative(&a, from, use, &next) < 0 ? -1 : next;
}

static void test_relative_saturates(void **state)
{
        const struct range r = { 100, 2000 };

        assert_true(step(OPERATION_MULTIPLY, 1.5, r, 2000, 100, UNKNOWN) == 150);
        assert_true(step(OPERATION_MULTIPLY, 1.5, r, 2000, 1900, UNKNOWN) == 2000);
        assert_true(step(OPERATION_MULTIPLY, 1e300, r, 2000, 1e300, UNKNOWN) == 2000);
        assert_true(step(OPERATION_DIVIDE, 2, r, 2000, 150, UNKNOWN) == 100);
        assert_true(step(OPERATION_SUBTRACT, 1e300, r, 2000, 150, UNKNOWN) == 100);
        assert_true(step(OPERATION_ADD, 50, r, 2000, 150, UNKNOWN) == 200);
        assert_true(step(OPERATION_ADD, 1e300, r, 2000, 150, UNKNOWN) == 2000);
        /* From outside of the bounds, into them. */
        assert_true(step(OPERATION_MULTIPLY, 0.5, r, 2000, 9000, UNKNOWN) == 2000);
        assert_true(step(OPERATION_MULTIPLY, 2, r, 2000, 1, UNKNOWN) == 100);
        assert_true(step(OPERATION_MULTIPLY, 2, r, 2000, UNKNOWN, UNKNOWN) == -1);
}

static void test_relative_from_max(void **state)
{
        const struct range r = { 20, MAX }, bounded = { 20, 300 };

        /* From the measured use downwards, and at it back to max. */
        assert_true(step(OPERATION_MULTIPLY, 0.8, r, 1000, MAX, 100) == 80);
        assert_true(step(OPERATION_SUBTRACT, 30, r, 1000, MAX, 100) == 70);
        assert_true(step(OPERATION_MULTIPLY, 1.1, r, 1000, 80, 100) == 88);
        assert_true(isinf(step(OPERATION_MULTIPLY, 1.3, r, 1000, 80, 100)));
        assert_true(step(OPERATION_MULTIPLY, 1.3, bounded, 300, 80, 100) == 300);
        /* Upwards there is nothing above it. */
        assert_true(isinf(step(OPERATION_MULTIPLY, 2, r, 1000, MAX, 100)));
        assert_true(step(OPERATION_MULTIPLY, 2, bounded, 300, MAX, UNKNOWN) == 300);
        assert_true(step(OPERATION_MULTIPLY, 0.8, r, 1000, MAX, UNKNOWN) == -1);
        assert_true(step(OPERATION_MULTIPLY, 0.8, r, 1000, MAX, 0) == 20);
        /* No number above the knob's largest, short of max. */
        assert_true(step(OPERATION_MULTIPLY, 2, r, 1000, 900, UNKNOWN) == 1000);
}

/* Every value on the way back, the original last. */
static size_t ease(const struct knob *k, double from, double original, double use, double *values)
{
        double gap = NAN;
        size_t n = 0;

        while (n < 32 && step_ease(k, from, original, use, 0.5, &gap, &values[n]))
                from = values[n++];
        return n;
}

static void test_ease_limit(void **state)
{
        const struct knob k = { 0 };
        double v[32];

        /* Half of the difference a step; with 3 % of it left, the original. */
        assert_int_equal(ease(&k, 900, 100, UNKNOWN, v), 5);
        assert_true(v[0] == 500 && v[1] == 300 && v[2] == 200 && v[3] == 150 && v[4] == 125);
        /* From below too, and the last unit at once. */
        assert_int_equal(ease(&k, 2, 10, UNKNOWN, v), 3);
        assert_true(v[0] == 6 && v[1] == 8 && v[2] == 9);
        assert_int_equal(ease(&k, 9.5, 10, UNKNOWN, v), 0);
        assert_int_equal(ease(&k, 10, 10, UNKNOWN, v), 0);
}

static void test_ease_weight(void **state)
{
        const struct knob k = { .flags = TRIMTAB_KNOB_WEIGHT };
        double v[32];

        /* Half of the ratio: 10000 is a hundred times 100, 1000 ten times. */
        assert_int_equal(ease(&k, 10000, 100, UNKNOWN, v), 5);
        assert_true(fabs(v[0] - 1000) < 1e-6);
        assert_true(fabs(v[1] - 316.2) < 0.1);
        assert_true(fabs(v[4] - 115.5) < 0.1);
}

static void test_ease_max(void **state)
{
        const struct knob k = { .flags = TRIMTAB_KNOB_MAX };
        double v[32];

        /* Towards the use it started from, then max. */
        assert_int_equal(ease(&k, 40, MAX, 200, v), 5);
        assert_true(v[0] == 120 && v[1] == 160);
        assert_int_equal(ease(&k, 40, MAX, UNKNOWN, v), 0);
        assert_int_equal(ease(&k, 250, MAX, 200, v), 0);
        assert_int_equal(ease(&k, MAX, 200, UNKNOWN, v), 0);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_relative_saturates), cmocka_unit_test(test_relative_from_max),
                cmocka_unit_test(test_ease_limit),         cmocka_unit_test(test_ease_weight),
                cmocka_unit_test(test_ease_max),
        };

        return cmocka_run_group_tests_name("decide/step", tests, NULL, NULL);
}
