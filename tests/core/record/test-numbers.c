/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/numbers.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "util/ownership.h"

static const uint64_t steps[] = { 0,          1000000001, 999000007, 1234567890, 5, 1000000000,
                                  1000000000, 1000000000, 1000000000, 1000000000, 1, 3 };

/* Writes them, reads them back, and tells how many bytes they took. */
static size_t round_trip(const double *values, size_t n)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        struct numbers c;

        assert_true(n <= ELEMENTSOF(steps));
        numbers_write(&b, values, steps, n);
        assert_int_equal(numbers_begin(&c, scan_of(b.data, b.n)), 0);
        for (size_t i = 0; i < n; i++) {
                double value = numbers_next(&c, steps[i]);

                assert_memory_equal(&value, &values[i], sizeof(value));
        }
        assert_false(c.scan.bad);
        assert_true(c.scan.at == c.scan.end);
        return b.n;
}
#define ROUND_TRIP(...) round_trip((const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void test_a_constant_takes_no_room(void **state)
{
        assert_int_equal(ROUND_TRIP(5, 5, 5, 5, 5, 5, 5, 5), 2);
        assert_int_equal(ROUND_TRIP(0), 2);
}

static void test_whole_numbers_are_divided_by_their_factor(void **state)
{
        /* Pages: a byte each. */
        assert_int_equal(ROUND_TRIP(4096e6, 4096e6 + 4096 * 60, 4096e6 - 4096 * 3, 4096e6), 1 + 5 + 2 + 3);
        /* The first one need not be a multiple. */
        assert_int_equal(ROUND_TRIP(7, 1000007, 3000007, 2000007), 1 + 1 + 3 + 3);
        (void) ROUND_TRIP(-5, 3, -1e15, 9007199254740992.0, -9007199254740992.0);
}

static void test_other_numbers_keep_every_bit(void **state)
{
        (void) ROUND_TRIP(0.1, 0.2, 0.30000000000000004, 1e300, -1e-300, DBL_MAX, DBL_MIN, 5e-324, 0);
        (void) ROUND_TRIP(0, -0.0, 0, 1);
        (void) ROUND_TRIP(9007199254740994.0, 1, 2);
        (void) ROUND_TRIP((double) INFINITY, 3, -(double) INFINITY, (double) NAN, (double) NAN, 3);
}

static double percent(uint64_t usec, uint64_t step_ns)
{
        return (double) usec * 1000 * 100 / (double) step_ns;
}

static void test_shares_take_what_their_microseconds_take(void **state)
{
        double values[8] = { 12.34567 };

        for (size_t i = 1; i < ELEMENTSOF(values); i++)
                values[i] = percent(i * 17, steps[i]);
        assert_true(round_trip(values, ELEMENTSOF(values)) < 1 + 8 + 2 * ELEMENTSOF(values));

        /* One that is none brings all of them down to bits, and none the less back. */
        values[5] = nextafter(values[5], 100);
        assert_true(round_trip(values, ELEMENTSOF(values)) > 40);
}

static void test_damaged_columns_are_bad_and_end(void **state)
{
        const double values[] = { 1.5, 2.25, -3 };
        _cleanup_(bytes_clear) struct bytes b = {};
        struct numbers c;

        numbers_write(&b, values, steps, ELEMENTSOF(values));
        for (size_t n = 0; n < b.n; n++) {
                if (numbers_begin(&c, scan_of(b.data, n)) < 0)
                        continue;
                for (size_t i = 0; i < ELEMENTSOF(values); i++)
                        (void) numbers_next(&c, steps[i]);
                assert_true(c.scan.bad);
        }
        assert_int_equal(numbers_begin(&c, scan_of("\x09", 1)), -EBADMSG);
        /* More bytes than a double has. */
        assert_int_equal(numbers_begin(&c, scan_of("\x02\0\0\0\0\0\0\0\0\x81\x01\x02\x03\x04\x05\x06\x07\x08", 18)), 0);
        (void) numbers_next(&c, 1);
        (void) numbers_next(&c, 1);
        assert_true(c.scan.bad);
}

static void test_slots_come_back(void **state)
{
        const struct slot_count slots[] = { { 0, 1 }, { 1, UINT64_MAX }, { 2, 7 }, { 100, 1 }, { 102, 300 }, { 271, 1ull << 63 } };
        struct slot_count read[TRIMTAB_HIST_SLOTS];
        _cleanup_(bytes_clear) struct bytes b = {};
        struct scan s;

        slots_write(&b, slots, ELEMENTSOF(slots));
        slots_write(&b, NULL, 0);
        s = scan_of(b.data, b.n);
        assert_int_equal(slots_read(&s, read), ELEMENTSOF(slots));
        for (size_t i = 0; i < ELEMENTSOF(slots); i++) {
                assert_int_equal(read[i].slot, slots[i].slot);
                assert_true(read[i].count == slots[i].count);
        }
        assert_int_equal(slots_read(&s, read), 0);
        assert_true(scan_at_end(&s) && !s.bad);

        for (size_t n = 0; n + 1 < b.n; n++) {
                s = scan_of(b.data, n);
                assert_int_equal(slots_read(&s, read), -EBADMSG);
        }
}

static void test_all_slots_come_back(void **state)
{
        struct slot_count slots[TRIMTAB_HIST_SLOTS], read[TRIMTAB_HIST_SLOTS];
        _cleanup_(bytes_clear) struct bytes b = {};
        struct scan s;

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                slots[i] = (struct slot_count){ i, i + 1 };
        slots_write(&b, slots, TRIMTAB_HIST_SLOTS);
        s = scan_of(b.data, b.n);
        assert_int_equal(slots_read(&s, read), TRIMTAB_HIST_SLOTS);
        assert_memory_equal(&read[271].count, &slots[271].count, sizeof(uint64_t));
}

/* Runs that would go past the last slot, begin there, or have no length. */
static void test_slots_beyond_the_last_are_refused(void **state)
{
        static const uint64_t bad[][4] = { { 1, 272, 1, 1 }, { 1, 271, 2, 1 }, { 1, UINT64_MAX, 1, 1 }, { 1, 0, 0, 1 },
                                           { 1, 0, UINT64_MAX, 1 }, { 273, 0, 1, 1 } };
        struct slot_count read[TRIMTAB_HIST_SLOTS];

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_(bytes_clear) struct bytes b = {};
                struct scan s;

                for (size_t k = 0; k < 4; k++)
                        bytes_uint(&b, bad[i][k]);
                bytes_uint(&b, 1);
                s = scan_of(b.data, b.n);
                assert_int_equal(slots_read(&s, read), -EBADMSG);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_constant_takes_no_room),
                cmocka_unit_test(test_whole_numbers_are_divided_by_their_factor),
                cmocka_unit_test(test_other_numbers_keep_every_bit),
                cmocka_unit_test(test_shares_take_what_their_microseconds_take),
                cmocka_unit_test(test_damaged_columns_are_bad_and_end),
                cmocka_unit_test(test_slots_come_back),
                cmocka_unit_test(test_all_slots_come_back),
                cmocka_unit_test(test_slots_beyond_the_last_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
