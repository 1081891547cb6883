/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/bytes.h"

#include <math.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "util/ownership.h"

static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, 1ull << 63, UINT64_MAX };

static void test_numbers_come_back(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        struct scan s;

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                size_t before = b.n;

                bytes_uint(&b, values[i]);
                assert_int_equal(b.n - before, bytes_uint_size(values[i]));
                bytes_int(&b, (int64_t) values[i]);
                bytes_int(&b, -(int64_t) (values[i] / 2));
                bytes_fixed32(&b, (uint32_t) values[i]);
                bytes_fixed64(&b, values[i]);
                bytes_double(&b, (double) values[i]);
        }
        assert_int_equal(b.error, 0);

        s = scan_of(b.data, b.n);
        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                assert_true(scan_uint(&s) == values[i]);
                assert_true(scan_int(&s) == (int64_t) values[i]);
                assert_true(scan_int(&s) == -(int64_t) (values[i] / 2));
                assert_true(scan_fixed32(&s) == (uint32_t) values[i]);
                assert_true(scan_fixed64(&s) == values[i]);
                assert_true(scan_double(&s) == (double) values[i]);
        }
        assert_true(scan_at_end(&s));
        assert_false(s.bad);
}

static void test_strings_come_back(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        struct scan s;

        bytes_string(&b, "cgroup:/a b");
        bytes_string(&b, "");
        bytes_string(&b, NULL);
        s = scan_of(b.data, b.n);
        assert_string_equal(scan_string(&s), "cgroup:/a b");
        assert_string_equal(scan_string(&s), "");
        assert_string_equal(scan_string(&s), "");
        assert_true(scan_at_end(&s) && !s.bad);
}

/* Whatever is asked of it, a scan stays within its bytes: sanitizers watch. */
static void test_past_the_end_is_zero_and_bad(void **state)
{
        static const uint8_t endless[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
        static const uint8_t long_string[] = { 5, 'a', 'b', 0 }, early_end[] = { 2, 'a', 0, 0 }, no_end[] = { 1, 'a', 'b' };
        struct scan s = scan_of(endless, sizeof(endless));

        assert_int_equal(scan_uint(&s), 0);
        assert_true(s.bad);
        s = scan_of(endless, 3);
        assert_int_equal(scan_fixed32(&s), 0);
        assert_true(s.bad);
        assert_int_equal(scan_uint(&s), 0);
        assert_int_equal(scan_byte(&s), 0);

        s = scan_of(long_string, sizeof(long_string));
        assert_string_equal(scan_string(&s), "");
        assert_true(s.bad);
        s = scan_of(early_end, sizeof(early_end));
        assert_string_equal(scan_string(&s), "");
        assert_true(s.bad);
        s = scan_of(no_end, sizeof(no_end));
        assert_string_equal(scan_string(&s), "");
        assert_true(s.bad);

        s = scan_of(endless, sizeof(endless));
        assert_true(scan_part(&s, UINT64_MAX).bad);
        assert_true(s.bad);
}

static void test_a_number_of_32_bits_is_no_larger(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        struct scan s;

        bytes_uint(&b, 1ull << 32);
        s = scan_of(b.data, b.n);
        assert_int_equal(scan_uint32(&s), 0);
        assert_true(s.bad);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers_come_back),
                cmocka_unit_test(test_strings_come_back),
                cmocka_unit_test(test_past_the_end_is_zero_and_bad),
                cmocka_unit_test(test_a_number_of_32_bits_is_no_larger),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
