/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/wire.h"

#include "samples.h"

static const struct slot_count slots[] = { { 3, 1 }, { 4, 2 }, { 100, 5 } };

static const struct reading readings[] = {
        { .metric = 0, .object = 1, .value = 1.5 },
        { .metric = 1, .object = UINT64_MAX, .value = -7e20 },
        { .metric = 2, .object = 3, .histogram = true, .value = (double) NAN, .slots = slots, .n_slots = 3 },
        { .metric = 2, .object = 4, .histogram = true, .value = 12 },
};

/* A start and a frame. */
static void make(struct bytes *b)
{
        const struct recording_facts facts = { .version = "1", .mode = "advise", .realtime_usec = 5, .monotonic_ns = 6,
                                               .tick_ns = 7, .protect = { "/a", "/b" } };
        _cleanup_(wire_clear) struct wire w = {};

        assert_int_equal(wire_start(&facts, b), 0);
        for (size_t i = 0; i < ELEMENTSOF(samples); i++)
                wire_item(&w, &samples[i]);
        for (size_t i = 0; i < ELEMENTSOF(readings); i++)
                wire_reading(&w, &readings[i]);
        assert_true(wire_size(&w) > 0);
        assert_int_equal(wire_frame(&w, 1000, 3, b), 0);
        assert_int_equal(wire_size(&w), 0);
}

static void check_frame(struct wire_message *m)
{
        struct reading reading;
        struct item item;

        assert_true(!m->start && m->time_ns == 1000 && m->lost == 3);
        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                assert_int_equal(wire_next_item(m, &item), 1);
                assert_items_equal(&item, &samples[i]);
        }
        assert_int_equal(wire_next_item(m, &item), 0);

        for (size_t i = 0; i < ELEMENTSOF(readings); i++) {
                assert_int_equal(wire_next_reading(m, &reading), 1);
                assert_true(reading.metric == readings[i].metric && reading.object == readings[i].object);
                assert_true(reading.histogram == readings[i].histogram && reading.n_slots == readings[i].n_slots);
                assert_memory_equal(&reading.value, &readings[i].value, sizeof(double));
                for (size_t k = 0; k < reading.n_slots; k++)
                        assert_true(reading.slots[k].slot == slots[k].slot && reading.slots[k].count == slots[k].count);
        }
        assert_int_equal(wire_next_reading(m, &reading), 0);
}

static void test_messages_come_back(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        static struct wire_message m;
        ssize_t n, rest;

        make(&b);
        n = wire_message(b.data, b.n, &m);
        assert_true(n > 0 && m.start);
        assert_string_equal(m.facts.mode, "advise");
        assert_string_equal(m.facts.protect[1], "/b");
        assert_null(m.facts.protect[2]);
        assert_true(m.facts.realtime_usec == 5 && m.facts.monotonic_ns == 6 && m.facts.tick_ns == 7);

        rest = wire_message(b.data + n, b.n - (size_t) n, &m);
        assert_int_equal(n + rest, b.n);
        check_frame(&m);
}

static void test_half_a_message_is_waited_for(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        static struct wire_message m;
        ssize_t first;

        make(&b);
        first = wire_message(b.data, b.n, &m);
        for (size_t n = 0; n < (size_t) first; n++)
                assert_int_equal(wire_message(b.data, n, &m), 0);
        for (size_t n = 0; n < b.n - (size_t) first; n++)
                assert_int_equal(wire_message(b.data + first, n, &m), 0);
}

/* Each byte spoilt in turn: an error or other content, never a look past the end. */
static void test_spoilt_messages_are_survived(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        static struct wire_message m;
        struct reading reading;
        struct item item;
        ssize_t first;

        make(&b);
        first = wire_message(b.data, b.n, &m);
        for (size_t i = 0; i < b.n; i++) {
                size_t begin = i < (size_t) first ? 0 : (size_t) first;

                b.data[i] ^= 0xff;
                if (wire_message(b.data + begin, b.n - begin, &m) > 0) {
                        while (wire_next_item(&m, &item) > 0)
                                ;
                        while (wire_next_reading(&m, &reading) > 0)
                                ;
                }
                b.data[i] ^= 0xff;
        }
}

static void test_strangers_are_refused(void **state)
{
        static struct wire_message m;

        assert_int_equal(wire_message("\0\0\0\0", 4, &m), -EBADMSG);
        assert_int_equal(wire_message("\xff\xff\xff\xff", 4, &m), -EBADMSG);
        assert_int_equal(wire_message("\x02\0\0\0\x01\0", 6, &m), -EBADMSG);
        /* A start of another version. */
        assert_int_equal(wire_message("\x03\0\0\0\x20\x01\x02", 7, &m), -EBADMSG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_messages_come_back),
                cmocka_unit_test(test_half_a_message_is_waited_for),
                cmocka_unit_test(test_spoilt_messages_are_survived),
                cmocka_unit_test(test_strangers_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
