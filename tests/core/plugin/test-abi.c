/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <trimtab/plugin.h>

#include "plugin/descriptor.h"

/*
 * The layout of ABI 1 as version 1.0 of the header froze it, on machines with 64-bit pointers: a plugin built then
 * must load for as long as there is an ABI 1. A line here never changes; new members get new lines, behind.
 */

#define AT(type, member, offset)                                                                             \
        _Static_assert(offsetof(struct trimtab_##type, member) == (offset), "trimtab_" #type "." #member     \
                       " has moved: plugins in the field would break")

AT(metric, name, 0);
AT(metric, unit, 8);
AT(metric, help, 16);
AT(metric, scope, 24);
AT(metric, kind, 32);
AT(metric, flags, 36);

AT(value, size, 0);
AT(value, type, 4);
AT(value, number, 8);
AT(value, text, 16);

AT(knob, name, 0);
AT(knob, unit, 8);
AT(knob, help, 16);
AT(knob, scope, 24);
AT(knob, type, 32);
AT(knob, flags, 36);
AT(knob, min, 40);
AT(knob, max, 48);
AT(knob, choices, 56);
AT(knob, file, 64);
AT(knob, key, 72);
AT(knob, form, 80);
AT(knob, reserved, 84);
AT(knob, unit_property, 88);
AT(knob, use_metric, 96);
AT(knob, read, 104);
AT(knob, check, 112);
AT(knob, apply, 120);
AT(knob, per_scope, 128); /* 1.1 */
AT(knob, absent, 136);

AT(scope, name, 0);
AT(scope, help, 8);

AT(option, name, 0);
AT(option, unit, 8);
AT(option, help, 16);
AT(option, default_value, 24);
AT(option, min, 32);
AT(option, max, 40);

AT(host, size, 0);
AT(host, abi, 4);
AT(host, host, 8);
AT(host, log, 16);
AT(host, option_number, 24);
AT(host, option_text, 32);
AT(host, emit, 40);
AT(host, emit_histogram, 48);
AT(host, unavailable, 56);
AT(host, program, 64);
AT(host, event, 72);
AT(host, wake, 80);
AT(host, add_io, 88);
AT(host, object_key, 96);
AT(host, object_name, 104);
AT(host, object_path, 112);
AT(host, object_add, 120);
AT(host, object_remove, 128);
AT(host, tc_filter_add, 136); /* 1.3 */
AT(host, tc_filter_remove, 144);
AT(host, knob_takes_writes, 152); /* 1.4 */
AT(host, daemon_mode, 160);

AT(plugin, size, 0);
AT(plugin, metric_size, 4);
AT(plugin, knob_size, 8);
AT(plugin, scope_size, 12);
AT(plugin, option_size, 16);
AT(plugin, reserved, 20);
AT(plugin, name, 24);
AT(plugin, version, 32);
AT(plugin, license, 40);
AT(plugin, help, 48);
AT(plugin, metrics, 56);
AT(plugin, knobs, 64);
AT(plugin, scopes, 72);
AT(plugin, options, 80);
AT(plugin, n_metrics, 88);
AT(plugin, n_knobs, 92);
AT(plugin, n_scopes, 96);
AT(plugin, n_options, 100);
AT(plugin, probe, 104);
AT(plugin, open, 112);
AT(plugin, watch, 120);
AT(plugin, collect, 128);
AT(plugin, close, 136);
AT(plugin, on_object, 144);
AT(plugin, sections, 152); /* 1.2 */
AT(plugin, section_size, 160);
AT(plugin, n_sections, 164);
AT(plugin, configure, 168);
AT(plugin, reports, 176); /* 1.4 */
AT(plugin, report_size, 184);
AT(plugin, n_reports, 188);
AT(plugin, deeds, 192);
AT(plugin, deed_size, 200);
AT(plugin, n_deeds, 204);
AT(plugin, report, 208);
AT(plugin, deed, 216);

/* 1.4 */
AT(report, name, 0);
AT(report, help, 8);
AT(report, columns, 16);

AT(deed, name, 0);
AT(deed, help, 8);

AT(rows, size, 0);
AT(rows, reserved, 4);
AT(rows, rows, 8);
AT(rows, row, 16);
AT(rows, text, 24);
AT(rows, number, 32);
AT(rows, count, 40);
AT(rows, flag, 48);

/* 1.2 */
AT(key, name, 0);
AT(key, unit, 8);
AT(key, help, 16);
AT(key, type, 24);
AT(key, flags, 28);
AT(key, min, 32);
AT(key, max, 40);
AT(key, choices, 48);
AT(key, of, 56);
AT(key, check, 64);

AT(items, texts, 0);
AT(items, numbers, 8);
AT(items, n, 16);
AT(items, reserved, 20);

AT(entry, size, 0);
AT(entry, section, 4);
AT(entry, name, 8);
AT(entry, path, 16);
AT(entry, line, 24);
AT(entry, n_items, 28);
AT(entry, items, 32);

AT(section, key_size, 0);
AT(section, n_keys, 4);
AT(section, name, 8);
AT(section, help, 16);
AT(section, keys, 24);
AT(section, check, 32);
AT(section, flags, 40); /* 1.4 */
AT(section, reserved, 44);

AT(note, owner_size, 0);
AT(note, desc_size, 4);
AT(note, type, 8);
AT(note, owner, 12);
AT(note, abi, 20);
AT(note, name, 24);

/* Elements of arrays inside: their size is said by no one but the header. */
_Static_assert(sizeof(struct trimtab_value) == 1040, "trimtab_value crosses by value of its size");
_Static_assert(sizeof(struct trimtab_items) == 24, "trimtab_items is an array whose stride nobody states");
_Static_assert(sizeof(struct trimtab_note) == 56, "the note is read by every version");

/* What 1.0 brings is the least that any later trimtab may ask for. */
_Static_assert(PLUGIN_SIZE_1_0 == 152, "the smallest plugin");
_Static_assert(METRIC_SIZE_1_0 == 40, "the smallest metric");
_Static_assert(KNOB_SIZE_1_0 == 128, "the smallest knob");
_Static_assert(SCOPE_SIZE_1_0 == 16, "the smallest scope");
_Static_assert(OPTION_SIZE_1_0 == 48, "the smallest option");
_Static_assert(SECTION_SIZE_1_2 == 40, "the smallest section");
_Static_assert(KEY_SIZE_1_2 == 72, "the smallest key");
_Static_assert(REPORT_SIZE_1_4 == 24, "the smallest report");
_Static_assert(DEED_SIZE_1_4 == 16, "the smallest deed");

static const struct {
        uint32_t is, was;
} numbers[] = {
        { TRIMTAB_ABI, 1 },
        { TRIMTAB_GAUGE, 1 },
        { TRIMTAB_COUNTER, 2 },
        { TRIMTAB_HISTOGRAM, 3 },
        { TRIMTAB_NUMBER, 1 },
        { TRIMTAB_CPULIST, 2 },
        { TRIMTAB_CHOICE, 3 },
        { TRIMTAB_TEXT, 4 },
        { TRIMTAB_KEY_TEXT, 1 },
        { TRIMTAB_KEY_NUMBER, 2 },
        { TRIMTAB_KEY_CHOICE, 3 },
        { TRIMTAB_KEY_REQUIRED, 1 },
        { TRIMTAB_KEY_LIST, 2 },
        { TRIMTAB_KEY_FILE, 4 },
        { TRIMTAB_FORM_PLAIN, 0 },
        { TRIMTAB_FORM_QUOTA, 1 },
        { TRIMTAB_FORM_KEYED, 2 },
        { TRIMTAB_FORM_NESTED, 3 },
        { TRIMTAB_FORM_MASK, 4 },
        { TRIMTAB_KNOB_MAX, 1 },
        { TRIMTAB_KNOB_SLOW, 2 },
        { TRIMTAB_KNOB_WEIGHT, 4 },
        { TRIMTAB_KNOB_ACTION, 8 },
        { TRIMTAB_LOG_ERROR, 3 },
        { TRIMTAB_LOG_WARNING, 4 },
        { TRIMTAB_LOG_NOTICE, 5 },
        { TRIMTAB_LOG_INFO, 6 },
        { TRIMTAB_LOG_DEBUG, 7 },
        { TRIMTAB_HOST_OBJECT, 0 },
};

static void test_numbers_stay(void **state)
{
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                assert_int_equal(numbers[i].is, numbers[i].was);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers_stay),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
