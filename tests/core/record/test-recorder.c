/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "studio.h"

static const char rules[] = "[rule r]\nfor = cgroup:/web\nwhen = last(test.load) > 50%\nhold = 0s\nthen = cpu.weight = 500\n"
                            "until = last(test.load) < 20%\nclear-hold = 0s\ncooldown = 0s\n";

DEFINE_CLEANUP(struct recording_reader *, recording_reader_free);

static struct recording_reader *reopen(struct studio *s, struct recording_reader **ret)
{
        assert_int_equal(recording_writer_flush(s->writer), 0);
        assert_int_equal(recording_reader_new(s->fd, ret), 0);
        return *ret;
}

static void put_load(struct studio *s, uint64_t object, double value)
{
        assert_int_equal(store_put(s->store, LOAD, object, s->view.now_ns, value), 0);
}

static size_t count_items(struct recording_reader *r, enum item_kind kind)
{
        struct item item;
        size_t n = 0;

        while (recording_next_item(r, &item) > 0)
                n += item.kind == kind;
        return n;
}

static void test_what_there_is_is_told_once(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct frame frame;
        struct item item;
        size_t n_objects = 0, n_settings = 0;

        studio_init(&s, rules);
        for (int i = 0; i < 3; i++) {
                studio_begin(&s, true);
                studio_end(&s);
        }
        reopen(&s, &r);
        /* Six scopes, three metrics, two knobs. */
        assert_int_equal(header_n_definitions(recording_header(r)), 6 + N_METRICS + 2);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_true(frame.time_ns == 1000 * SEC && frame.lost == 0);
        while (recording_next_item(r, &item) > 0) {
                n_objects += item.kind == ITEM_OBJECT;
                n_settings += item.kind == ITEM_SETTING;
                if (item.kind == ITEM_SETTING)
                        assert_true(item.setting.knob == WEIGHT && item.setting.value.number == 100);
        }
        assert_int_equal(n_objects, 3); /* and the host */
        assert_int_equal(n_settings, 2);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_int_equal(recording_next_item(r, &item), 0);
}

static void test_objects_come_and_go(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct frame frame;
        struct item item;

        studio_init(&s, rules);
        studio_begin(&s, true);
        studio_end(&s);
        assert_int_equal(objects_remove(s.objects, (struct oid){ SCOPE_CGROUP, DB }), 0);
        assert_int_equal(objects_add(s.objects, (struct oid){ SCOPE_CGROUP, 13 }, "/new", "/x"), 0);
        studio_begin(&s, true);
        studio_end(&s);

        reopen(&s, &r);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        (void) count_items(r, ITEM_OBJECT);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_int_equal(recording_next_item(r, &item), 1);
        assert_true(item.kind == ITEM_GONE && item.gone.key == DB);
        assert_int_equal(recording_next_item(r, &item), 1);
        assert_true(item.kind == ITEM_OBJECT && item.object.id.key == 13);
        assert_string_equal(item.object.name, "/new");
        assert_int_equal(recording_next_item(r, &item), 1);
        assert_true(item.kind == ITEM_SETTING && item.setting.object.key == 13);
        assert_int_equal(recording_next_item(r, &item), 0);
}

/* So many come and go that the registry forgets what happened. */
static void test_more_changes_than_can_be_followed(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct frame frame;
        struct item item;
        size_t came = 0, went = 0;

        studio_init(&s, rules);
        studio_begin(&s, true);
        studio_end(&s);
        assert_int_equal(objects_remove(s.objects, (struct oid){ SCOPE_CGROUP, DB }), 0);
        for (uint64_t key = 1000; key < 40000; key++) {
                char name[32];

                (void) snprintf(name, sizeof(name), "/c%" PRIu64, key);
                assert_int_equal(objects_add(s.objects, (struct oid){ SCOPE_CGROUP, key }, name, "/x"), 0);
                if (key % 1000 != 0)
                        assert_int_equal(objects_remove(s.objects, (struct oid){ SCOPE_CGROUP, key }), 0);
        }
        studio_begin(&s, true);
        studio_end(&s);

        reopen(&s, &r);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        (void) count_items(r, ITEM_OBJECT);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        while (recording_next_item(r, &item) > 0) {
                went += item.kind == ITEM_GONE && item.gone.key == DB;
                came += item.kind == ITEM_OBJECT && item.object.id.key >= 1000;
        }
        assert_int_equal(went, 1);
        assert_int_equal(came, 39);
}

/* While nobody takes them, readings are lost and counted; what was decided is not lost. */
static void test_a_slow_reader_loses_readings_only(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct reading reading;
        struct frame frame;
        struct item item;
        size_t decisions = 0;

        studio_init(&s, rules);
        for (int i = 0; i < 6; i++) {
                studio_begin(&s, i == 0 || i > 3);
                put_load(&s, WEB, i == 2 ? 80 : 30);
                studio_end(&s);
        }
        assert_true(strstr(s.log, "1002 r 0 11 500"));

        reopen(&s, &r);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_true(frame.lost == 0);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_true(frame.time_ns == 1004 * SEC && frame.lost == 3);
        while (recording_next_item(r, &item) > 0)
                decisions += item.kind == ITEM_DECISION;
        assert_int_equal(decisions, 1);
        assert_int_equal(recording_next_reading(r, &reading), 1);
        assert_true(reading.value == 30);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_true(frame.time_ns == 1005 * SEC && frame.lost == 0);
}

static void test_histograms_are_told_by_what_came(void **state)
{
        static const struct {
                uint64_t first, second;
                double sum;
                size_t n; /* what came */
                uint64_t count;
        } steps[] = {
                { 1000, 5, 1e6, 0, 0 },     /* the first says where counting starts */
                { 1010, 5, 2e6, 1, 10 },
                { 1010, 5, 2e6, 0, 0 },
                { 3, 5, 10, 1, 3 },         /* started anew */
                { 4, 5, (double) NAN, 1, 1 },
        };
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        uint64_t slots[TRIMTAB_HIST_SLOTS] = { 0 };
        struct reading reading;
        struct frame frame;

        studio_init(&s, rules);
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                slots[40] = steps[i].first;
                slots[TRIMTAB_HIST_SLOTS - 1] = steps[i].second;
                studio_begin(&s, true);
                assert_int_equal(store_put_histogram(s.store, WAIT, WEB, s.view.now_ns, slots, TRIMTAB_HIST_SLOTS, steps[i].sum), 0);
                studio_end(&s);
        }
        reopen(&s, &r);
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                assert_int_equal(recording_next_frame(r, &frame), 1);
                assert_int_equal(recording_next_reading(r, &reading), 1);
                assert_true(reading.histogram && reading.n_slots == steps[i].n);
                assert_true(steps[i].n == 0 || (reading.slots[0].slot == 40 && reading.slots[0].count == steps[i].count));
                assert_memory_equal(&reading.value, &steps[i].sum, sizeof(double));
        }
}

static void test_a_foreign_hand_is_told(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct frame frame;
        struct item item;

        studio_init(&s, rules);
        studio_begin(&s, true);
        studio_end(&s);
        s.originals[0] = s.weights[0] = 77;
        recorder_outcome(s.recorder, &(struct item){ .kind = ITEM_OUTCOME, .outcome = { 5, WEIGHT, { SCOPE_CGROUP, WEB },
                                                                                        "foreign", -EBUSY, false, false, {}, {} } }, true);
        studio_begin(&s, true);
        studio_end(&s);

        reopen(&s, &r);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        (void) count_items(r, ITEM_OBJECT);
        assert_int_equal(recording_next_frame(r, &frame), 1);
        assert_int_equal(recording_next_item(r, &item), 1);
        assert_int_equal(item.kind, ITEM_OUTCOME);
        assert_string_equal(item.outcome.outcome, "foreign");
        assert_int_equal(recording_next_item(r, &item), 1);
        assert_true(item.kind == ITEM_SETTING && item.setting.object.key == WEB && item.setting.value.number == 77);
        assert_int_equal(recording_next_item(r, &item), 0);
}

/* Who stands still for ever is given up before it fills the memory. */
static void test_too_much_waits(void **state)
{
        _cleanup_(studio_clear) struct studio s;
        int r = 0;

        studio_init(&s, rules);
        for (int i = 0; r >= 0 && i < 100000; i++) {
                char name[64];

                recorder_begin(s.recorder, false);
                for (uint64_t k = 0; k < 100; k++) {
                        (void) snprintf(name, sizeof(name), "/a-rather-long-name-%d-%" PRIu64, i, k);
                        assert_int_equal(objects_add(s.objects, (struct oid){ SCOPE_CGROUP, 100 + k }, name, "/x"), 0);
                }
                r = recorder_end(s.recorder, &s.view, &s.stream);
        }
        assert_int_equal(r, -ENOBUFS);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_there_is_is_told_once),
                cmocka_unit_test(test_objects_come_and_go),
                cmocka_unit_test(test_more_changes_than_can_be_followed),
                cmocka_unit_test(test_a_slow_reader_loses_readings_only),
                cmocka_unit_test(test_histograms_are_told_by_what_came),
                cmocka_unit_test(test_a_foreign_hand_is_told),
                cmocka_unit_test(test_too_much_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
