/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves: what a plugin reports becomes rows as it was meant, and what it does wrong is an error and nothing worse. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "serve/report-rows.h"
#include "util/cleanup.h"

static void test_values(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const struct trimtab_rows to = report_rows(&rows);

        assert_int_equal(to.size, sizeof(to));
        to.row(&to);
        to.text(&to, "who", "a \x1b[31mred\x1b[0m one");
        to.text(&to, "nobody", NULL);
        to.number(&to, "much", INFINITY);
        to.number(&to, "unknown", NAN);
        to.count(&to, "n", UINT64_MAX);
        to.flag(&to, "yes", 7);
        to.row(&to);
        to.flag(&to, "yes", 0);

        assert_int_equal(rows.error, 0);
        assert_int_equal(rows.n, 2);
        assert_int_equal(rows.items[0].n, 4);
        assert_string_equal(row_find(&rows.items[0], "who")->string, "a \\x1b[31mred\\x1b[0m one");
        assert_true(isinf(row_find(&rows.items[0], "much")->number));
        assert_true(row_find(&rows.items[0], "n")->uint == UINT64_MAX);
        assert_true(row_find(&rows.items[0], "yes")->boolean);
        assert_int_equal(rows.items[1].n, 1);
        assert_false(row_find(&rows.items[1], "yes")->boolean);
}

static void assert_error(void (*report)(const struct trimtab_rows *to), int error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const struct trimtab_rows to = report_rows(&rows);

        report(&to);
        assert_int_equal(rows.error, error);
        /* And it stays the error, whatever comes. */
        to.row(&to);
        to.count(&to, "n", 1);
        assert_int_equal(rows.error, error);
}

static void outside(const struct trimtab_rows *to)
{
        to->count(to, "n", 1);
}

static void twice(const struct trimtab_rows *to)
{
        to->row(to);
        to->count(to, "n", 1);
        to->text(to, "n", "one");
}

static void upper_case(const struct trimtab_rows *to)
{
        to->row(to);
        to->number(to, "Much", 1);
}

static void no_name(const struct trimtab_rows *to)
{
        to->row(to);
        to->flag(to, NULL, 1);
}

static void foreign_name(const struct trimtab_rows *to)
{
        to->row(to);
        to->text(to, "\xff", "x");
}

static void long_name(const struct trimtab_rows *to)
{
        char name[66];

        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        to->row(to);
        to->text(to, name, "x");
}

static void endless(const struct trimtab_rows *to)
{
        for (int i = 0; i <= REPORT_ROWS_MAX; i++)
                to->row(to);
}

static void endless_row(const struct trimtab_rows *to)
{
        char name[16] = "v00000";

        to->row(to);
        for (int i = 0; i <= REPORT_VALUES_MAX; i++) {
                name[4] = (char) ('0' + i / 10 % 10);
                name[5] = (char) ('0' + i % 10);
                name[3] = (char) ('0' + i / 100);
                to->count(to, name, 1);
        }
}

static void test_errors(void **state)
{
        assert_error(outside, -EPROTO);
        assert_error(twice, -EPROTO);
        assert_error(upper_case, -EPROTO);
        assert_error(no_name, -EPROTO);
        assert_error(foreign_name, -EPROTO);
        assert_error(long_name, -EPROTO);
        assert_error(endless, -E2BIG);
        assert_error(endless_row, -E2BIG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_errors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
