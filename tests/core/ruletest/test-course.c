/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/course.h"

#include <errno.h>

#include "theatre.h"

#define SEC UINT64_C(1000000000)

static int parse(const char *metric, const char *text, uint64_t tick_ns, struct course *ret,
                 struct diag *diag)
{
        struct ini_line line = { .text = (char *) text,
                                 .place = { .path = "t", .source = text, .line = 1, .column = 1 } };
        struct reading r = { .diag = diag, .strict = true };
        struct theatre t;
        struct lexer l;
        int e;

        theatre_init(&t);
        e = lexer_init(&l, &line, 1, diag);
        if (e >= 0)
                e = course_parse(&r, &l, catalogue_metric(t.catalogue, metric, strlen(metric)), tick_ns, ret);
        theatre_clear(&t);
        return e;
}

/* One value at each second; NAN: nothing is read. */
static void goes(const char *metric, const char *text, size_t n, const double *wanted)
{
        _cleanup_(course_clear) struct course c = {};
        _cleanup_(diag_clear) struct diag diag = {};
        struct course_part parts[COURSE_PARTS_MAX];

        assert_int_equal(parse(metric, text, SEC, &c, &diag), 0);
        for (size_t i = 0; i < n; i++) {
                size_t got = course_at(&c, i * SEC, SEC, parts);

                assert_int_equal(got, wanted[i] == wanted[i] ? 1 : 0);
                if (got > 0)
                        assert_true(parts[0].value > wanted[i] - 1e-6 && parts[0].value < wanted[i] + 1e-6);
        }
}

#define GOES(metric, text, ...)                                                                              \
        ({                                                                                                   \
                const double wanted_[] = { __VA_ARGS__ };                                                    \
                goes(metric, text, ELEMENTSOF(wanted_), wanted_);                                            \
        })
#define NONE ((double) __builtin_nan(""))

static void test_steps_follow_each_other(void **state)
{
        GOES("test.load", "5%", 5, 5, 5, 5);
        GOES("test.load", "5% x2, 20% x1, 30%", 5, 5, 20, 30, 30, 30);
        GOES("test.load", "5% x2s, 20% x 1s, 30% x1", 5, 5, 20, 30, NONE, NONE);
        /* In the middle one reading, at the end for ever. */
        GOES("test.load", "5%, 20%, 30%", 5, 20, 30, 30);
        GOES("test.load", "_ x2, 5%, _, 6%", NONE, NONE, 5, NONE, 6, 6);
        GOES("test.load", "1% x1500ms, 2%", 1, 1, 2, 2);
        GOES("test.load", "0 x2, 1%", 0, 0, 1);
}

static void test_ramps_begin_and_end_at_their_values(void **state)
{
        GOES("test.load", "0%..40% x5, 7%", 0, 10, 20, 30, 40, 7);
        GOES("test.load", "40%..0% x5s", 40, 30, 20, 10, 0, NONE);
        GOES("test.load", "10%..40% x1, 5%", 10, 5);
}

static void test_values_are_in_the_metrics_unit(void **state)
{
        GOES("test.pids", "1.5k", 1500);
        GOES("test.wait", "5ms", 5e6);
        /* Counters by their rate: a time's is a share, in ns a second. */
        GOES("test.run", "150%", 1.5e9);
        GOES("test.bytes", "10Ki", 10240);
        GOES("test.bytes", "2k", 2000);
}

static void test_events_of_several_values(void **state)
{
        _cleanup_(course_clear) struct course c = {};
        _cleanup_(diag_clear) struct diag diag = {};
        struct course_part parts[COURSE_PARTS_MAX];

        assert_int_equal(parse("test.wait", "95*1ms + 5*10ms..30ms x3s, 2ms", SEC, &c, &diag), 0);
        assert_int_equal(course_at(&c, SEC, SEC, parts), 2);
        assert_true(parts[0].count == 95 && parts[0].value == 1e6);
        assert_true(parts[1].count == 5 && parts[1].value == 20e6);
        assert_int_equal(course_at(&c, 3 * SEC, SEC, parts), 1);
        assert_true(parts[0].count == 1000 && parts[0].value == 2e6);
        assert_int_equal(course_end(&c), 3 * SEC);
}

static void refuses(const char *metric, const char *text, unsigned column)
{
        _cleanup_(course_clear) struct course c = {};
        _cleanup_(diag_clear) struct diag diag = {};

        assert_int_equal(parse(metric, text, SEC, &c, &diag), -EINVAL);
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(diag.items[0].column, column);
}

static void test_what_is_wrong_has_its_place(void **state)
{
        refuses("test.load", "", 1);
        refuses("test.load", "5", 1);
        refuses("test.load", "5ms", 1);
        refuses("test.load", "5% 6%", 4);
        refuses("test.load", "5%,", 4);
        refuses("test.load", "101%", 1);
        refuses("test.load", "3*5%", 1);
        refuses("test.load", "5% + 6%", 4);
        refuses("test.load", "5%..6%", 1);
        refuses("test.load", "5% x", 5);
        refuses("test.load", "5% x0", 4);
        refuses("test.load", "5% x1.5", 4);
        refuses("test.load", "5% x30ks", 4);
        refuses("test.load", "5% x25h", 4);
        refuses("test.load", "5% x20h, 5% x20h, 6%", 10);
        refuses("test.load", "max", 1);
        refuses("test.run", "5ms", 1);
        refuses("test.wait", "1.5*5ms", 1);
        refuses("test.wait", "0*5ms", 1);
        refuses("test.wait", "2M*5ms", 1);
        refuses("test.wait", "3*_", 3);
        refuses("test.wait", "1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms+1ms", 64);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_steps_follow_each_other),
                cmocka_unit_test(test_ramps_begin_and_end_at_their_values),
                cmocka_unit_test(test_values_are_in_the_metrics_unit),
                cmocka_unit_test(test_events_of_several_values),
                cmocka_unit_test(test_what_is_wrong_has_its_place),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
