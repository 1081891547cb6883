/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "samples.h"

#include "util/str.h"

static void test_every_kind_comes_back(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                _cleanup_(bytes_clear) struct bytes b = {};
                struct item read;

                item_write(&b, &samples[i]);
                assert_int_equal(item_read(samples[i].kind, scan_of(b.data, b.n), &read), 0);
                assert_items_equal(&samples[i], &read);
        }
}

static void test_fields_are_where_they_belong(void **state)
{
        _cleanup_(bytes_clear) struct bytes b = {};
        struct item read;

        item_write(&b, &samples[4]);
        assert_int_equal(item_read(ITEM_KNOB, scan_of(b.data, b.n), &read), 0);
        assert_string_equal(read.knob.is.name, "irq.mode");
        assert_string_equal(read.knob.is.choices[2], "high");
        assert_null(read.knob.is.choices[3]);
        assert_null(read.knob.is.use_metric);

        bytes_reset(&b);
        item_write(&b, &samples[10]);
        assert_int_equal(item_read(ITEM_DECISION, scan_of(b.data, b.n), &read), 0);
        assert_true(read.decision.id == 42 && read.decision.advise && read.decision.value.number == 12.5);
        assert_string_equal(read.decision.rule, "web-first");
}

static void test_what_follows_is_passed_over(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                _cleanup_(bytes_clear) struct bytes b = {};
                struct item read;

                item_write(&b, &samples[i]);
                bytes_string(&b, "of a later version");
                assert_int_equal(item_read(samples[i].kind, scan_of(b.data, b.n), &read), 0);
                assert_items_equal(&samples[i], &read);
        }
}

static void test_torn_anywhere_is_refused(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                _cleanup_(bytes_clear) struct bytes b = {};
                struct item read;

                item_write(&b, &samples[i]);
                for (size_t n = 0; n < b.n; n++) {
                        _cleanup_free_ uint8_t *exact = malloc(n + 1);

                        memcpy(exact, b.data, n);
                        assert_int_equal(item_read(samples[i].kind, scan_of(exact, n), &read), -EBADMSG);
                }
        }
}

static void test_unknown_kinds_are_none(void **state)
{
        struct item read;

        assert_int_equal(item_read(0, scan_of("", 0), &read), -EOPNOTSUPP);
        assert_int_equal(item_read(9, scan_of("", 0), &read), -EOPNOTSUPP);
        assert_int_equal(item_read(UINT64_MAX, scan_of("", 0), &read), -EOPNOTSUPP);
}

static void test_nonsense_is_refused(void **state)
{
        _cleanup_(bytes_clear) struct bytes metric = {}, decision = {}, setting = {};
        struct item item = samples[1], read;
        char longer[1100];

        item.metric.is.kind = 9;
        item_write(&metric, &item);
        assert_int_equal(item_read(ITEM_METRIC, scan_of(metric.data, metric.n), &read), -EBADMSG);

        item = samples[11];
        item.decision.verb = (enum verb) 3;
        item_write(&decision, &item);
        assert_int_equal(item_read(ITEM_DECISION, scan_of(decision.data, decision.n), &read), -EBADMSG);

        /* A text that does not fit into a value. */
        memset(longer, 'x', sizeof(longer));
        longer[sizeof(longer) - 1] = 0;
        bytes_uint(&setting, 1);
        bytes_uint(&setting, 2);
        bytes_uint(&setting, 9);
        bytes_uint(&setting, 0);
        bytes_uint(&setting, TRIMTAB_TEXT);
        bytes_string(&setting, longer);
        assert_int_equal(item_read(ITEM_SETTING, scan_of(setting.data, setting.n), &read), -EBADMSG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_kind_comes_back),
                cmocka_unit_test(test_fields_are_where_they_belong),
                cmocka_unit_test(test_what_follows_is_passed_over),
                cmocka_unit_test(test_torn_anywhere_is_refused),
                cmocka_unit_test(test_unknown_kinds_are_none),
                cmocka_unit_test(test_nonsense_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
