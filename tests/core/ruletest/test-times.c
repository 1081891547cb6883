/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/times.h"

#include <errno.h>
#include <string.h>

#include "cmocka-all.h"
#include "util/ownership.h"

#define SEC UINT64_C(1000000000)

static int read_text(const char *text, struct when *ret, struct diag *diag)
{
        struct ini_line line = { .text = (char *) text, .place = { .path = "t", .line = 1, .column = 1 } };
        struct reading r = { .diag = diag };
        struct lexer l;
        int e;

        e = lexer_init(&l, &line, 1, diag);
        if (e >= 0)
                e = when_read(&r, &l, ret);
        return e < 0 ? e : l.token.type == TOKEN_END ? 0 : 1;
}

static void reads(const char *text, uint64_t from_ns, uint64_t to_ns, bool point)
{
        _cleanup_(diag_clear) struct diag diag = {};
        struct when w;

        assert_int_equal(read_text(text, &w, &diag), 0);
        assert_int_equal(w.from_ns, from_ns);
        assert_int_equal(w.to_ns, to_ns);
        assert_int_equal(w.point, point);
}

static void refuses(const char *text)
{
        _cleanup_(diag_clear) struct diag diag = {};
        struct when w;

        assert_int_equal(read_text(text, &w, &diag), -EINVAL);
        assert_int_equal(diag.n_errors, 1);
}

static void test_times_are_read(void **state)
{
        reads("25s", 25 * SEC, 25 * SEC, true);
        reads("0", 0, 0, true);
        reads("1.5s", 1500000000, 1500000000, true);
        reads("20s..1min", 20 * SEC, 60 * SEC, false);
        reads("0..10s", 0, 10 * SEC, false);
        reads("20s..", 20 * SEC, UINT64_MAX, false);
        reads("..60s", 0, 60 * SEC, false);
        reads("5s..5s", 5 * SEC, 5 * SEC, false);
        refuses("25");
        refuses("5%");
        refuses("..");
        refuses("20s..10s");
        refuses("25h");
        refuses("x");
}

static void is_text(uint64_t ns, const char *wanted)
{
        _cleanup_free_ char *text = time_text(ns);

        assert_string_equal(text, wanted);
}

static void test_texts_are_exact(void **state)
{
        is_text(0, "0s");
        is_text(25 * SEC, "25s");
        is_text(90 * SEC, "90s");
        is_text(600 * SEC, "10min");
        is_text(601 * SEC, "601s");
        is_text(7200 * SEC, "2h");
        is_text(1500000000, "1500ms");
        is_text(1, "1ns");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_times_are_read),
                cmocka_unit_test(test_texts_are_exact),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
