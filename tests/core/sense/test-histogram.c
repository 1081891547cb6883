/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>

#include "sense/histogram.h"

/* Every value lies in its slot, and the slot's middle is at most 6.25 % off. */
static void slots_hold_their_values(void **state)
{
        for (uint64_t v = 0; v < 1ull << 36; v += v / 97 + 1) {
                uint32_t slot = trimtab_hist_slot(v);

                assert_true(slot < TRIMTAB_HIST_SLOTS);
                assert_true(trimtab_hist_lower(slot) <= v);
                if (slot + 1 < TRIMTAB_HIST_SLOTS)
                        assert_true(trimtab_hist_lower(slot + 1) > v);
                assert_true(fabs(histogram_middle(slot) - (double) v) <= 0.0625 * (double) v);
        }
        assert_int_equal(trimtab_hist_slot(UINT64_MAX), TRIMTAB_HIST_SLOTS - 1);
}

static void quantiles_of_a_uniform_load(void **state)
{
        struct histogram h = {};
        double v;

        for (uint64_t i = 1; i <= 100000; i++)
                histogram_add(&h, trimtab_hist_slot(i), 1);

        for (int q = 1; q <= 99; q++) {
                assert_int_equal(histogram_quantile(&h, q / 100.0, &v), 0);
                assert_true(fabs(v - q * 1000.0) < 0.0625 * q * 1000.0);
        }
        assert_int_equal(histogram_max(&h, &v), 0);
        assert_true(v >= 100000 && v < 100000 * 1.125);
}

static void empty_has_none(void **state)
{
        struct histogram h = {};
        double v;

        assert_int_equal(histogram_quantile(&h, 0.5, &v), -ENODATA);
        assert_int_equal(histogram_max(&h, &v), -ENODATA);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(slots_hold_their_values),
                cmocka_unit_test(quantiles_of_a_uniform_load),
                cmocka_unit_test(empty_has_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
