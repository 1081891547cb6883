/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/block.h"

#include "samples.h"

DEFINE_CLEANUP(struct block_writer *, block_writer_free);
DEFINE_CLEANUP(struct block_reader *, block_reader_free);

#define SEC 1000000000ull

/* Metrics 3 (histogram) and 4 (gauge) of samples.h, both of scope 2. */
static struct block_writer *make(void)
{
        struct block_writer *w;

        assert_int_equal(block_writer_new(&w), 0);
        assert_int_equal(block_know(w, &samples[1]), 0);
        assert_int_equal(block_know(w, &samples[2]), 0);
        return w;
}

static void put(struct block_writer *w, uint64_t object, double value)
{
        assert_int_equal(block_reading(w, &(struct reading){ .metric = 4, .object = object, .value = value }), 0);
}

static void expect_frame(struct block_reader *r, uint64_t time_ns, uint64_t lost)
{
        uint64_t t, l;

        assert_int_equal(block_next_frame(r, &t, &l), 1);
        assert_true(t == time_ns && l == lost);
}

static void expect(struct block_reader *r, uint64_t object, double value)
{
        struct reading reading;

        assert_int_equal(block_next_reading(r, &reading), 1);
        assert_true(reading.metric == 4 && reading.object == object && reading.value == value && !reading.histogram);
}

static void expect_no_reading(struct block_reader *r)
{
        struct reading reading;

        assert_int_equal(block_next_reading(r, &reading), 0);
}

static void test_frames_come_back(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(block_reader_freep) struct block_reader *r = NULL;
        _cleanup_(bytes_clear) struct bytes b = {};
        uint64_t t, l;

        assert_int_equal(block_frame(w, 10 * SEC, 0), 0);
        put(w, 1, 0.5);
        put(w, 2, 7);
        assert_int_equal(block_frame(w, 11 * SEC + 3, 2), 0);
        put(w, 2, 8);
        assert_int_equal(block_frame(w, 11 * SEC + 3, 0), 0);
        assert_int_equal(block_frame(w, UINT64_MAX, UINT64_MAX), 0);
        put(w, 1, 0.25);
        put(w, 2, 9);
        assert_int_equal(block_span(w).n_frames, 4);
        assert_true(block_span(w).first_ns == 10 * SEC && block_span(w).last_ns == UINT64_MAX);
        assert_int_equal(block_finish(w, &b), 0);
        assert_int_equal(block_span(w).n_frames, 0);

        assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
        expect_frame(r, 10 * SEC, 0);
        expect(r, 1, 0.5);
        expect(r, 2, 7);
        expect_no_reading(r);
        expect_frame(r, 11 * SEC + 3, 2);
        expect(r, 2, 8);
        expect_no_reading(r);
        expect_frame(r, 11 * SEC + 3, 0);
        expect_no_reading(r);
        expect_frame(r, UINT64_MAX, UINT64_MAX);
        expect(r, 1, 0.25);
        expect(r, 2, 9);
        assert_int_equal(block_next_frame(r, &t, &l), 0);
        assert_int_equal(block_damage(r), 0);
}

/* Who asks only for some of it gets the right rest. */
static void test_what_nobody_asked_for_is_passed_over(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(block_reader_freep) struct block_reader *r = NULL;
        _cleanup_(bytes_clear) struct bytes b = {};

        for (uint64_t i = 0; i < 10; i++) {
                assert_int_equal(block_frame(w, i * SEC, 0), 0);
                put(w, 1, (double) i);
                put(w, 2, (double) (i * i));
        }
        assert_int_equal(block_finish(w, &b), 0);
        assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
        for (uint64_t i = 0; i < 9; i++)
                expect_frame(r, i * SEC, 0);
        expect_frame(r, 9 * SEC, 0);
        expect(r, 1, 9);
        expect(r, 2, 81);
}

static void test_histograms_come_back(void **state)
{
        const struct slot_count slots[] = { { 3, 1 }, { 4, 2 } };
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(block_reader_freep) struct block_reader *r = NULL;
        _cleanup_(bytes_clear) struct bytes b = {};
        struct reading reading = { .metric = 3, .object = 1, .histogram = true, .value = (double) NAN };
        struct reading read;

        assert_int_equal(block_frame(w, 1 * SEC, 0), 0);
        assert_int_equal(block_reading(w, &reading), 0);
        assert_int_equal(block_frame(w, 2 * SEC, 0), 0);
        reading.value = 100.5;
        reading.slots = slots;
        reading.n_slots = 2;
        assert_int_equal(block_reading(w, &reading), 0);
        assert_int_equal(block_finish(w, &b), 0);

        assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
        expect_frame(r, 1 * SEC, 0);
        assert_int_equal(block_next_reading(r, &read), 1);
        assert_true(read.histogram && isnan(read.value) && read.n_slots == 0);
        expect_frame(r, 2 * SEC, 0);
        assert_int_equal(block_next_reading(r, &read), 1);
        assert_true(read.value == 100.5 && read.n_slots == 2 && read.slots[1].slot == 4 && read.slots[1].count == 2);
}

static void test_items_come_back_in_their_frames(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(block_reader_freep) struct block_reader *r = NULL;
        _cleanup_(bytes_clear) struct bytes b = {};
        struct item item;

        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                assert_int_equal(block_frame(w, i, 0), 0);
                assert_int_equal(block_item(w, &samples[i]), 0);
                assert_int_equal(block_item(w, &samples[i]), 0);
        }
        assert_int_equal(block_finish(w, &b), 0);
        assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                expect_frame(r, i, 0);
                for (int k = 0; k < 2; k++) {
                        assert_int_equal(block_next_item(r, &item), 1);
                        assert_items_equal(&item, &samples[i]);
                }
                assert_int_equal(block_next_item(r, &item), 0);
        }
}

/* The names that the next block needs are in it. */
static void test_a_block_tells_the_names_it_uses(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        const struct item web = { .kind = ITEM_OBJECT, .object = { { 2, 11 }, "/web" } };
        const struct item db = { .kind = ITEM_OBJECT, .object = { { 2, 12 }, "/db" } };
        const struct item gone = { .kind = ITEM_GONE, .gone = { 2, 11 } };
        struct item item;

        for (int i = 0; i < 3; i++) {
                _cleanup_(block_reader_freep) struct block_reader *r = NULL;
                _cleanup_(bytes_clear) struct bytes b = {};

                assert_int_equal(block_frame(w, 1, 0), 0);
                if (i == 0) {
                        assert_int_equal(block_item(w, &web), 0);
                        assert_int_equal(block_item(w, &db), 0);
                }
                if (i == 2)
                        assert_int_equal(block_item(w, &gone), 0);
                put(w, 11, 1);
                assert_int_equal(block_finish(w, &b), 0);

                assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
                expect_frame(r, 1, 0);
                assert_int_equal(block_next_item(r, &item), 1);
                assert_items_equal(&item, i == 2 ? &gone : &web);
                if (i == 0) {
                        assert_int_equal(block_next_item(r, &item), 1);
                        assert_items_equal(&item, &db);
                }
                assert_int_equal(block_next_item(r, &item), 0);
                expect(r, 11, 1);
        }
}

static void test_what_is_no_value_is_refused(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        struct reading reading = { .metric = 4, .object = 1, .value = 1 };

        assert_int_equal(block_reading(w, &reading), -EINVAL); /* no frame */
        assert_int_equal(block_item(w, &samples[0]), -EINVAL);
        assert_int_equal(block_frame(w, 5, 0), 0);
        reading.value = (double) NAN;
        assert_int_equal(block_reading(w, &reading), -EINVAL);
        reading.value = (double) INFINITY;
        assert_int_equal(block_reading(w, &reading), -EINVAL);
        reading.value = 1;
        assert_int_equal(block_reading(w, &reading), 0);
        assert_int_equal(block_reading(w, &reading), -EINVAL); /* again in the same frame */
        reading.metric = 77;
        assert_int_equal(block_reading(w, &reading), -EINVAL); /* of no metric that was told */
        assert_int_equal(block_frame(w, 4, 0), -EINVAL);       /* back in time */
}

static void test_a_block_is_full_at_some_time(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();

        for (uint64_t i = 0; i < BLOCK_FRAMES_MAX; i++)
                assert_int_equal(block_frame(w, i, 0), 0);
        assert_int_equal(block_frame(w, BLOCK_FRAMES_MAX, 0), -ENOSPC);
}

/* A later version's records are passed over, of whatever kind. */
static void test_unknown_records(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(block_reader_freep) struct block_reader *r = NULL;
        _cleanup_(bytes_clear) struct bytes b = {}, body = {};
        struct item item;

        assert_int_equal(block_frame(w, 1, 0), 0);
        put(w, 1, 5);
        assert_int_equal(block_item(w, &samples[5]), 0);
        assert_int_equal(block_finish(w, &b), 0);
        bytes_uint(&body, 0);
        bytes_string(&body, "something");
        bytes_record(&b, 9, &body);
        bytes_record(&b, 15, &body);
        bytes_record(&b, 18, &body);
        bytes_record(&b, 1000000, &body);

        assert_int_equal(block_reader_new(b.data, b.n, &r), 0);
        expect_frame(r, 1, 0);
        assert_int_equal(block_next_item(r, &item), 1);
        assert_items_equal(&item, &samples[5]);
        assert_int_equal(block_next_item(r, &item), 0);
        expect(r, 1, 5);
        assert_int_equal(block_damage(r), 0);
}

/* Torn or spoilt anywhere inside, with no checksum to tell: no crash, and an end. */
static void test_damaged_blocks_are_survived(void **state)
{
        _cleanup_(block_writer_freep) struct block_writer *w = make();
        _cleanup_(bytes_clear) struct bytes b = {};

        for (uint64_t i = 0; i < 5; i++) {
                assert_int_equal(block_frame(w, i * SEC, i), 0);
                put(w, 1, (double) i);
                put(w, 2, 0.1 * (double) i);
                assert_int_equal(block_item(w, &samples[i]), 0);
        }
        assert_int_equal(block_finish(w, &b), 0);

        for (size_t i = 0; i < 2 * b.n; i++) {
                _cleanup_(block_reader_freep) struct block_reader *r = NULL;
                size_t size = i < b.n ? i : b.n;
                _cleanup_free_ uint8_t *exact = malloc(size + 1);
                struct reading reading;
                struct item item;
                uint64_t t, l;

                memcpy(exact, b.data, size);
                if (i >= b.n)
                        exact[i - b.n] ^= 0x55;
                if (block_reader_new(exact, size, &r) < 0)
                        continue;
                while (block_next_frame(r, &t, &l) > 0) {
                        while (block_next_item(r, &item) > 0)
                                ;
                        while (block_next_reading(r, &reading) > 0)
                                assert_true(isfinite(reading.value) || reading.histogram);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_frames_come_back),
                cmocka_unit_test(test_what_nobody_asked_for_is_passed_over),
                cmocka_unit_test(test_histograms_come_back),
                cmocka_unit_test(test_items_come_back_in_their_frames),
                cmocka_unit_test(test_a_block_tells_the_names_it_uses),
                cmocka_unit_test(test_what_is_no_value_is_refused),
                cmocka_unit_test(test_a_block_is_full_at_some_time),
                cmocka_unit_test(test_unknown_records),
                cmocka_unit_test(test_damaged_blocks_are_survived),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
