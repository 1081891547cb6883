/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/header.h"

#include "samples.h"

DEFINE_CLEANUP(struct header *, header_free);

static const struct recording_facts facts = {
        .version = "1.2", .mode = "enforce", .kernel = "6.1.0", .boot_id = "01234567",
        .realtime_usec = 1700000000000000, .monotonic_ns = 123456789012345, .tick_ns = 1000000000,
        .protect = { "/init.scope", "/a*" },
};

static struct header *make(void)
{
        struct header *h;

        assert_int_equal(header_new(&facts, &h), 0);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(header_define(h, &samples[i]), 0);
        return h;
}

static void test_it_comes_back_from_its_text(void **state)
{
        _cleanup_(header_freep) struct header *h = make(), *read = NULL;
        _cleanup_free_ char *text = header_text(h);
        struct recording_facts f;
        struct item item;

        assert_int_equal(header_parse(text, strlen(text), &read), 0);
        header_facts(read, &f);
        assert_string_equal(f.version, "1.2");
        assert_string_equal(f.mode, "enforce");
        assert_string_equal(f.kernel, "6.1.0");
        assert_string_equal(f.boot_id, "01234567");
        assert_true(f.realtime_usec == facts.realtime_usec && f.monotonic_ns == facts.monotonic_ns && f.tick_ns == facts.tick_ns);
        assert_string_equal(f.protect[1], "/a*");
        assert_null(f.protect[2]);

        assert_int_equal(header_n_definitions(read), 5);
        for (size_t i = 0; i < 5; i++) {
                assert_int_equal(header_definition(read, i, &item), 0);
                assert_items_equal(&item, &samples[i]);
        }
        assert_int_equal(header_definition(read, 5, &item), -EBADMSG);
}

static void test_a_knob_without_bounds(void **state)
{
        _cleanup_(header_freep) struct header *h = make(), *read = NULL;
        struct item knob = samples[3];
        _cleanup_free_ char *text = NULL;
        struct item item;

        knob.knob.is.min = -(double) INFINITY;
        knob.knob.is.max = (double) INFINITY;
        assert_int_equal(header_define(h, &knob), 0);
        text = header_text(h);
        assert_int_equal(header_parse(text, strlen(text), &read), 0);
        assert_int_equal(header_definition(read, 5, &item), 0);
        assert_true(item.knob.is.min == -(double) INFINITY && item.knob.is.max == (double) INFINITY);
}

static void test_only_definitions(void **state)
{
        _cleanup_(header_freep) struct header *h = make();

        for (size_t i = 5; i < ELEMENTSOF(samples); i++)
                assert_int_equal(header_define(h, &samples[i]), -EINVAL);
}

static void test_other_json_is_refused(void **state)
{
        static const char *const bad[] = { "", "{", "[]", "3", "{}", "{\"format\": \"tar\"}", "{\"format\": 3}" };
        struct header *h;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(header_parse(bad[i], strlen(bad[i]), &h), -EBADMSG);
}

static void test_holes_are_told_and_passed_over(void **state)
{
        static const char text[] = "{\"format\": \"trimtab-recording\", \"scopes\": [3, {}], \"metrics\": [{\"name\": \"x\", \"kind\": "
                                   "\"what\"}, {\"name\": 3}, \"x\"], \"knobs\": {\"a\": 1}, \"protect\": [1, \"/x\"]}";
        _cleanup_(header_freep) struct header *h = NULL;
        struct recording_facts f;
        struct item item;

        assert_int_equal(header_parse(text, strlen(text), &h), 0);
        header_facts(h, &f);
        assert_string_equal(f.version, "");
        assert_string_equal(f.protect[0], "/x");
        assert_int_equal(header_n_definitions(h), 5);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(header_definition(h, i, &item), -EBADMSG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_it_comes_back_from_its_text),
                cmocka_unit_test(test_a_knob_without_bounds),
                cmocka_unit_test(test_only_definitions),
                cmocka_unit_test(test_other_json_is_refused),
                cmocka_unit_test(test_holes_are_told_and_passed_over),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
