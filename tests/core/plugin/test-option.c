/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/option.h"

static const struct trimtab_option declared[] = {
        { "max-cgroups", "cgroups", "How many", "64", 1, 1000 },
        { "slice", "ms", "How long", "5ms", 1, 100 },
        { "path", "", "Where", "/run/x", 0, 0 },
        { "trace", NULL, "Whether", "no", 0, 0 },
        { "share", "%", "How much", "50%", 0, 0 },
};

#define N (sizeof(declared) / sizeof(declared[0]))

enum { MAX_CGROUPS, SLICE, PATH, TRACE, SHARE };

static struct option_value *read_text(const char *text, struct diag *diag)
{
        struct option_value *values = NULL;
        struct ini ini = {};

        *diag = (struct diag) {};
        assert_int_equal(ini_load_text(&ini, "trimtab.conf", text, strlen(text), diag), 0);
        assert_int_equal(diag->n_errors, 0);
        assert_int_equal(options_read(declared, N, ini.n_sections > 0 ? &ini.sections[0] : NULL, diag, &values), 0);
        assert_non_null(values);
        ini_clear(&ini);
        return values;
}

static void done(struct option_value *values, struct diag *diag)
{
        option_values_free(values, N);
        diag_clear(diag);
}

static void test_defaults(void **state)
{
        struct diag diag;
        struct option_value *v = read_text("", &diag);

        assert_true(v[MAX_CGROUPS].number == 64);
        assert_true(v[SLICE].number == 5);
        assert_string_equal(v[PATH].text, "/run/x");
        assert_true(v[TRACE].number == 0);
        assert_true(v[SHARE].number == 50);
        done(v, &diag);
}

static void test_values_come_in_the_options_unit(void **state)
{
        struct diag diag;
        struct option_value *v = read_text("[plugin x]\nmax-cgroups = 100\nslice = 2000us\npath = /a b\n"
                                           "trace = yes\nshare = 12.5%\n",
                                           &diag);

        assert_int_equal(diag.n, 0);
        assert_true(v[MAX_CGROUPS].number == 100);
        assert_true(v[SLICE].number == 2);
        assert_string_equal(v[PATH].text, "/a b");
        assert_true(v[TRACE].number == 1);
        assert_true(v[SHARE].number == 12.5);
        done(v, &diag);
}

static void test_a_bare_number_is_in_the_options_unit(void **state)
{
        struct diag diag;
        struct option_value *v = read_text("[plugin x]\nslice = 7\n", &diag);

        assert_int_equal(diag.n, 0);
        assert_true(v[SLICE].number == 7);
        done(v, &diag);
}

static void test_the_last_one_counts(void **state)
{
        struct diag diag;
        struct option_value *v = read_text("[plugin x]\nslice = nonsense\nslice = 9ms\n", &diag);

        assert_int_equal(diag.n_errors, 0);
        assert_true(v[SLICE].number == 9);
        done(v, &diag);
}

/* A bad value is told with its place, and the default stands in. */
static void assert_bad(const char *line, const char *message)
{
        char text[128];
        struct diag diag;
        struct option_value *v;

        (void) snprintf(text, sizeof(text), "[plugin x]\n%s\n", line);
        v = read_text(text, &diag);
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(diag.items[0].line, 2);
        assert_string_equal(diag.items[0].path, "trimtab.conf");
        assert_string_equal(diag.items[0].message, message);
        assert_true(v[SLICE].number == 5);
        assert_true(v[TRACE].number == 0);
        assert_true(v[MAX_CGROUPS].number == 64);
        done(v, &diag);
}

static void test_bad_values(void **state)
{
        assert_bad("slice = 0", "option 'slice' is out of range: expected 1 ms to 100 ms");
        assert_bad("slice = 1s", "option 'slice' is out of range: expected 1 ms to 100 ms");
        assert_bad("slice = 5%", "option 'slice': expected a number in ms");
        assert_bad("slice = 5 ms or so", "option 'slice': expected a number in ms");
        assert_bad("slice = 5parsec", "option 'slice': expected a number in ms");
        assert_bad("slice =", "option 'slice': expected a number in ms");
        assert_bad("max-cgroups = max", "option 'max-cgroups' is out of range: expected 1 cgroups to 1000 cgroups");
        assert_bad("trace = perhaps", "option 'trace': expected yes or no");
}

static void test_unknown_keys(void **state)
{
        assert_bad("max-cgroup = 3", "unknown option 'max-cgroup', did you mean 'max-cgroups'?");
        assert_bad("colour = blue", "unknown option 'colour'");
}

static void test_a_bad_default_is_the_plugins_fault(void **state)
{
        static const struct trimtab_option bad[] = { { "slice", "ms", "How long", "500ms", 1, 100 } };
        struct option_value *values = NULL;
        struct diag diag = {};

        assert_int_equal(options_read(bad, 1, NULL, &diag, &values), -EINVAL);
        assert_int_equal(diag.n_errors, 1);
        assert_null(values);
        diag_clear(&diag);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_values_come_in_the_options_unit),
                cmocka_unit_test(test_a_bare_number_is_in_the_options_unit),
                cmocka_unit_test(test_the_last_one_counts),
                cmocka_unit_test(test_bad_values),
                cmocka_unit_test(test_unknown_keys),
                cmocka_unit_test(test_a_bad_default_is_the_plugins_fault),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
