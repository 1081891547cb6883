/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/units.h"
#include "util/cleanup.h"

static void every_unit_scales_to_its_base(void **state)
{
        static const struct {
                const char *text;
                double base;
                enum dimension dimension;
        } cases[] = {
                { "5", 5, DIMENSION_NONE },
                { "2k", 2000, DIMENSION_NONE },
                { "3M", 3e6, DIMENSION_NONE },
                { "1.5G", 1.5e9, DIMENSION_NONE },
                { "7ns", 7, DIMENSION_TIME },
                { "7us", 7e3, DIMENSION_TIME },
                { "7.25ms", 7.25e6, DIMENSION_TIME },
                { "5s", 5e9, DIMENSION_TIME },
                { "5min", 300e9, DIMENSION_TIME },
                { "2h", 7200e9, DIMENSION_TIME },
                { "9B", 9, DIMENSION_BYTES },
                { "1Ki", 1024, DIMENSION_BYTES },
                { "1KiB", 1024, DIMENSION_BYTES },
                { "512Mi", 536870912, DIMENSION_BYTES },
                { "512MiB", 536870912, DIMENSION_BYTES },
                { "1Gi", 1073741824, DIMENSION_BYTES },
                { "0.5GiB", 536870912, DIMENSION_BYTES },
                { "1Ti", 1099511627776., DIMENSION_BYTES },
                { "1TiB", 1099511627776., DIMENSION_BYTES },
                { "80%", 0.8, DIMENSION_RATIO },
                { "max", INFINITY, DIMENSION_NONE },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                enum dimension dimension;
                double base;

                assert_int_equal(quantity_parse(cases[i].text, &base, &dimension, NULL),
                                 strlen(cases[i].text));
                assert_true(base == cases[i].base);
                assert_int_equal(dimension, cases[i].dimension);
        }
}

static void a_quantity_ends_where_it_ends(void **state)
{
        size_t unit_at;
        double base;

        assert_int_equal(quantity_parse("100..2000", &base, NULL, NULL), 3);
        assert_true(base == 100);
        assert_int_equal(quantity_parse("20%..max", &base, NULL, NULL), 3);
        assert_int_equal(quantity_parse("5ms and", &base, NULL, NULL), 3);
        assert_int_equal(quantity_parse("max*2", &base, NULL, NULL), 3);
        assert_int_equal(quantity_parse("maximum", &base, NULL, NULL), -EINVAL);
        assert_int_equal(quantity_parse("", &base, NULL, NULL), -EINVAL);
        assert_int_equal(quantity_parse("-5", &base, NULL, NULL), -EINVAL);
        assert_int_equal(quantity_parse(".5", &base, NULL, NULL), -EINVAL);
        assert_int_equal(quantity_parse("0x10", &base, NULL, &unit_at), -ENOENT);
        assert_int_equal(unit_at, 1);
        assert_int_equal(quantity_parse("12.5msx > 3", &base, NULL, &unit_at), -ENOENT);
        assert_int_equal(unit_at, 4);
        assert_int_equal(unit_span("msx > 3"), 3);
        assert_int_equal(unit_span("% > 3"), 1);
        assert_int_equal(unit_span(" ms"), 0);
}

static void too_large_is_not_max(void **state)
{
        char digits[400];
        double base;

        memset(digits, '9', sizeof(digits) - 1);
        digits[sizeof(digits) - 1] = '\0';
        assert_int_equal(quantity_parse(digits, &base, NULL, NULL), -ERANGE);

        /* But a long fraction is only a precise one. */
        memcpy(digits, "0.", 2);
        assert_int_equal(quantity_parse(digits, &base, NULL, NULL), sizeof(digits) - 1);
        assert_true(fabs(base - 1) < 1e-12);
}

static void unknown_units_name_the_known(void **state)
{
        static const struct {
                const char *unit, *text;
        } cases[] = {
                { "m", "unknown unit 'm', did you mean 'min' or 'ms'?" },
                { "sec", "unknown unit 'sec', did you mean 's'?" },
                { "\xc2\xb5s", "unknown unit '\xc2\xb5s', did you mean 'us'?" },
                { "mib", "unknown unit 'mib', did you mean 'MiB'?" },
                { "fortnights", "unknown unit 'fortnights', expected one of ns us ms" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text = unit_unknown(cases[i].unit, strlen(cases[i].unit));

                assert_non_null(strstr(text, cases[i].text));
        }
}

static void quantities_read_well(void **state)
{
        static const struct {
                double base;
                enum dimension dimension;
                const char *text;
        } cases[] = {
                { 0, DIMENSION_TIME, "0ns" },
                { 7.2e6, DIMENSION_TIME, "7.2ms" },
                { 7234567, DIMENSION_TIME, "7.23ms" },
                { 5e6, DIMENSION_TIME, "5ms" },
                { 999999.6, DIMENSION_TIME, "1ms" },
                { 12345, DIMENSION_TIME, "12.3us" },
                { 123456, DIMENSION_TIME, "123us" },
                { 10e9, DIMENSION_TIME, "10s" },
                { 5400e9, DIMENSION_TIME, "1.5h" },
                { -2e6, DIMENSION_TIME, "-2ms" },
                { 1, DIMENSION_BYTES, "1B" },
                { 1023, DIMENSION_BYTES, "1023B" },
                { 1.5 * 0x1p30, DIMENSION_BYTES, "1.5GiB" },
                { 0.825, DIMENSION_RATIO, "82.5%" },
                { 10, DIMENSION_RATIO, "1000%" },
                { 0.0001, DIMENSION_RATIO, "0.01%" },
                { 100, DIMENSION_NONE, "100" },
                { 10000, DIMENSION_NONE, "10000" },
                { 1234567890, DIMENSION_NONE, "1234567890" },
                { 1.2345678, DIMENSION_NONE, "1.235" },
                { -0.0, DIMENSION_NONE, "0" },
                { INFINITY, DIMENSION_BYTES, "max" },
                { NAN, DIMENSION_TIME, "unknown" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text = quantity_format(cases[i].base, cases[i].dimension);

                assert_string_equal(text, cases[i].text);
        }
}

static void unlike_dimensions_do_not_compare(void **state)
{
        assert_true(dimension_comparable(DIMENSION_TIME, DIMENSION_TIME));
        assert_true(dimension_comparable(DIMENSION_NONE, DIMENSION_BYTES));
        assert_true(dimension_comparable(DIMENSION_BYTES, DIMENSION_NONE));
        assert_false(dimension_comparable(DIMENSION_NONE, DIMENSION_TIME));
        assert_false(dimension_comparable(DIMENSION_RATIO, DIMENSION_NONE));
        assert_false(dimension_comparable(DIMENSION_BYTES, DIMENSION_TIME));
        assert_string_equal(dimension_name(DIMENSION_RATIO), "a ratio (%)");
}

static void durations_need_a_unit_of_time(void **state)
{
        unsigned long long ns = 1;

        assert_int_equal(duration_parse("1.5s", &ns), 0);
        assert_int_equal(ns, 1500000000);
        assert_int_equal(duration_parse("0s", &ns), 0);
        assert_int_equal(ns, 0);
        assert_int_equal(duration_parse("0.1ms", &ns), 0);
        assert_int_equal(ns, 100000);

        assert_int_equal(duration_parse("5", &ns), -EINVAL);
        assert_int_equal(duration_parse("5m", &ns), -EINVAL);
        assert_int_equal(duration_parse("5s ", &ns), -EINVAL);
        assert_int_equal(duration_parse("5%", &ns), -EINVAL);
        assert_int_equal(duration_parse("max", &ns), -EINVAL);
        assert_int_equal(duration_parse("9999999999999h", &ns), -EINVAL);
        assert_int_equal(duration_parse("", &ns), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_unit_scales_to_its_base),
                cmocka_unit_test(a_quantity_ends_where_it_ends),
                cmocka_unit_test(too_large_is_not_max),
                cmocka_unit_test(unknown_units_name_the_known),
                cmocka_unit_test(quantities_read_well),
                cmocka_unit_test(unlike_dimensions_do_not_compare),
                cmocka_unit_test(durations_need_a_unit_of_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
