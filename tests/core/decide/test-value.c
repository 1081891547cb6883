/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decide/cpulist.h"
#include "decide/value.h"

static void test_cpulist(void **state)
{
        static const struct {
                const char *text, *normal; /* NULL: refused */
        } cases[] = {
                { "0", "0" },           { "", "" },           { "3,0-1", "0-1,3" },
                { "0,1,2,3", "0-3" },   { "5-7,6-9", "5-9" }, { "8191", "8191" },
                { "0-8191", "0-8191" }, { "1,1,1", "1" },     { "8192", NULL },
                { "3-1", NULL },        { "1,", NULL },       { ",1", NULL },
                { "a", NULL },          { "1-", NULL },       { "-1", NULL },
                { "1 2", NULL },        { "1,,2", NULL },     { "99999999999999999999", NULL },
        };
        char text[1024], small[4];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                int r = cpulist_normalise(cases[i].text, text, sizeof(text));

                assert_int_equal(r, cases[i].normal ? 0 : -EINVAL);
                if (cases[i].normal)
                        assert_string_equal(text, cases[i].normal);
        }
        assert_int_equal(cpulist_normalise("1,3,5", small, sizeof(small)), -ENAMETOOLONG);
}

static void assert_parses(const struct knob *k, const char *text, int expected, double number)
{
        struct trimtab_value v;

        assert_int_equal(value_parse(k, text, &v), expected);
        if (expected == 0) {
                assert_int_equal(v.type, TRIMTAB_NUMBER);
                assert_int_equal(v.size, sizeof(v));
                assert_true(v.number == number);
        }
}

static void test_parse_number(void **state)
{
        const struct knob weight = {
                .type = TRIMTAB_NUMBER, .unit = (char *) "", .factor = 1, .min = 1, .max = 10000
        };
        const struct knob quota = { .type = TRIMTAB_NUMBER,
                                    .unit = (char *) "%",
                                    .dimension = DIMENSION_RATIO,
                                    .factor = 0.01,
                                    .min = 1,
                                    .max = 1000,
                                    .flags = TRIMTAB_KNOB_MAX };
        const struct knob high = { .type = TRIMTAB_NUMBER,
                                   .unit = (char *) "B",
                                   .dimension = DIMENSION_BYTES,
                                   .factor = 1,
                                   .min = 0,
                                   .max = 1e15,
                                   .flags = TRIMTAB_KNOB_MAX };
        const struct knob latency = { .type = TRIMTAB_NUMBER,
                                      .unit = (char *) "us",
                                      .dimension = DIMENSION_TIME,
                                      .factor = 1e3,
                                      .min = 0,
                                      .max = 1e6 };

        assert_parses(&weight, "200", 0, 200);
        assert_parses(&weight, "2k", 0, 2000);
        assert_parses(&weight, "0", -ERANGE, 0);
        assert_parses(&weight, "10001", -ERANGE, 0);
        assert_parses(&weight, "max", -ERANGE, 0);
        assert_parses(&weight, "20%", -ENOENT, 0);
        assert_parses(&weight, "200 ", -EINVAL, 0);
        assert_parses(&weight, "", -EINVAL, 0);
        assert_parses(&weight, "many", -EINVAL, 0);
        assert_parses(&quota, "80%", 0, 80);
        assert_parses(&quota, "max", 0, (double) INFINITY);
        assert_parses(&quota, "80", -ENOENT, 0);
        assert_parses(&high, "1Gi", 0, 0x1p30);
        assert_parses(&high, "2G", 0, 2e9);
        assert_parses(&high, "0", 0, 0);
        assert_parses(&latency, "2ms", 0, 2000);
        assert_parses(&latency, "2", -ENOENT, 0);
}

static void test_parse_text(void **state)
{
        char *choices[] = { (char *) "none", (char *) "bfq", NULL };
        const struct knob choice = { .type = TRIMTAB_CHOICE, .choices = choices };
        const struct knob cpus = { .type = TRIMTAB_CPULIST }, text = { .type = TRIMTAB_TEXT };
        struct trimtab_value v;
        char longer[1100];

        assert_int_equal(value_parse(&choice, "bfq", &v), 0);
        assert_string_equal(v.text, "bfq");
        assert_int_equal(value_parse(&choice, "cfq", &v), -EINVAL);
        assert_int_equal(value_parse(&cpus, "3,0-1", &v), 0);
        assert_string_equal(v.text, "0-1,3");
        assert_int_equal(value_parse(&cpus, "x", &v), -EINVAL);
        assert_int_equal(value_parse(&text, "on whatever", &v), 0);
        assert_int_equal(value_parse(&text, "", &v), -EINVAL);

        memset(longer, 'x', sizeof(longer) - 1);
        longer[sizeof(longer) - 1] = '\0';
        assert_int_equal(value_parse(&text, longer, &v), -ENAMETOOLONG);
}

static void test_equal(void **state)
{
        struct trimtab_value a = value_number(100), b = value_number(100 + 1e-8), c = value_number(100.1);
        struct trimtab_value max = value_number(INFINITY), x, y;

        assert_true(value_equal(&a, &b));
        assert_false(value_equal(&a, &c));
        assert_true(value_equal(&max, &max));
        assert_false(value_equal(&a, &max));

        /* The kernel may print a list in another form than the one written. */
        x = y = (struct trimtab_value){ .type = TRIMTAB_CPULIST };
        strcpy(x.text, "0,1,2");
        strcpy(y.text, "0-2");
        assert_true(value_equal(&x, &y));
        x.type = y.type = TRIMTAB_TEXT;
        assert_false(value_equal(&x, &y));
}

static void assert_formats(const struct knob *k, double number, const char *expected)
{
        struct trimtab_value v = value_number(number);
        char *s = value_format(k, &v);

        assert_string_equal(s, expected);
        free(s);
}

static void test_format(void **state)
{
        const struct knob weight = { .unit = (char *) "", .factor = 1 },
                          turns = { .unit = (char *) "rpm", .factor = 1 };
        const struct knob quota = { .unit = (char *) "%", .dimension = DIMENSION_RATIO, .factor = 0.01 };
        const struct knob high = { .unit = (char *) "B", .dimension = DIMENSION_BYTES, .factor = 1 };

        assert_formats(&weight, 2000, "2000");
        assert_formats(&quota, 20, "20%");
        assert_formats(&high, 0x1p29, "512MiB");
        assert_formats(&quota, INFINITY, "max");
        assert_formats(&turns, 1200, "1200 rpm");
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cpulist),    cmocka_unit_test(test_parse_number),
                cmocka_unit_test(test_parse_text), cmocka_unit_test(test_equal),
                cmocka_unit_test(test_format),
        };

        return cmocka_run_group_tests_name("decide/value", tests, NULL, NULL);
}
