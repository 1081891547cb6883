/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/property.h"
#include "decide/value.h"
#include "util/cleanup.h"

static const struct property *get(const char *name)
{
        const struct property *p = property_find(name);

        assert_non_null(p);
        return p;
}

static struct trimtab_value list(const char *text)
{
        struct trimtab_value v;

        assert_int_equal(value_text(TRIMTAB_CPULIST, text, &v), 0);
        return v;
}

static void knows_what_it_can_speak(void **state)
{
        assert_string_equal(get("CPUQuotaPerSecUSec")->setting, "CPUQuota");
        assert_null(property_find("CPUQuota"));
        assert_null(property_find("IOReadBandwidthMax"));
}

static void expect_rounded(const char *name, double want, double expect)
{
        struct trimtab_value v = value_number(want), got;

        assert_int_equal(property_round(get(name), &v, &got), 0);
        assert_true(got.number == expect);
}

static void rounds_to_what_survives(void **state)
{
        double page = (double) sysconf(_SC_PAGESIZE);
        struct trimtab_value v, got;

        expect_rounded("CPUWeight", 168.75, 169);
        expect_rounded("CPUWeight", 0.2, 1);
        expect_rounded("CPUQuotaPerSecUSec", 12.6, 13);
        expect_rounded("CPUQuotaPerSecUSec", 0.01, 1);
        expect_rounded("CPUQuotaPerSecUSec", INFINITY, INFINITY);
        expect_rounded("MemoryHigh", 10 * page + 1, 10 * page);
        expect_rounded("MemoryHigh", 1, page);
        expect_rounded("MemoryLow", 0, 0);
        expect_rounded("MemoryHigh", INFINITY, INFINITY);

        v = value_number(20000);
        assert_int_equal(property_round(get("CPUWeight"), &v, &got), -ERANGE);
        v = value_number(INFINITY);
        assert_int_equal(property_round(get("CPUWeight"), &v, &got), -ERANGE);
        v = value_number(-1);
        assert_int_equal(property_round(get("MemoryHigh"), &v, &got), -ERANGE);
        v = value_number(NAN);
        assert_int_equal(property_round(get("MemoryHigh"), &v, &got), -ERANGE);
        v = list("0-1");
        assert_int_equal(property_round(get("MemoryHigh"), &v, &got), -EINVAL);
        assert_int_equal(property_round(get("AllowedCPUs"), &v, &got), 0);
        assert_string_equal(got.text, "0-1");
}

static void expect_text(const char *name, struct trimtab_value v, const char *expect)
{
        _cleanup_free_ char *text = NULL;
        struct trimtab_value back;

        assert_int_equal(property_from_value(get(name), &v, &text), 0);
        assert_string_equal(text, expect);
        assert_int_equal(property_to_value(get(name), text, &back), 0);
        assert_true(value_equal(&v, &back));
}

static void speaks_text_both_ways(void **state)
{
        struct trimtab_value v;

        expect_text("CPUWeight", value_number(168), "168");
        expect_text("CPUQuotaPerSecUSec", value_number(80), "800000");
        expect_text("CPUQuotaPerSecUSec", value_number(INFINITY), "infinity");
        expect_text("MemoryHigh", value_number(1048576), "1048576");
        expect_text("MemoryHigh", value_number(INFINITY), "infinity");
        expect_text("AllowedCPUs", list("0-1,3"), "0-1,3");
        expect_text("AllowedCPUs", list(""), "[not set]");

        assert_int_equal(property_to_value(get("CPUWeight"), "[not set]", &v), -ENODATA);
        assert_int_equal(property_to_value(get("CPUWeight"), "12x", &v), -EINVAL);
        assert_int_equal(property_to_value(get("CPUWeight"), "", &v), -EINVAL);
}

static void reads_drop_ins(void **state)
{
        static const char head[] = "# This is a drop-in unit file extension\n[Service]\n";
        static const struct {
                const char *name, *line;
                double number;
        } cases[] = {
                { "CPUWeight", "CPUWeight=168\n", 168 },
                { "CPUQuotaPerSecUSec", "CPUQuota=80%\n", 80 },
                { "CPUQuotaPerSecUSec", "CPUQuota=\n", INFINITY },
                { "MemoryHigh", "MemoryHigh=4096\nMemoryHigh=8192\n", 8192 },
                { "MemoryHigh", "MemoryHigh=infinity\n", INFINITY },
        };
        struct trimtab_value v;
        char bytes[256];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                (void) snprintf(bytes, sizeof(bytes), "%s%s", head, cases[i].line);
                assert_int_equal(property_of_dropin(get(cases[i].name), bytes, &v), 0);
                assert_true(v.number == cases[i].number);
        }
        assert_int_equal(property_of_dropin(get("AllowedCPUs"), "AllowedCPUs=0-1 3\n", &v), -EINVAL);
        assert_int_equal(property_of_dropin(get("AllowedCPUs"), "AllowedCPUs=0-1\n", &v), 0);
        assert_string_equal(v.text, "0-1");
        assert_int_equal(property_of_dropin(get("CPUWeight"), head, &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), "CPUWeight=\n", &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), "CPUWeight=idle\n", &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), "StartupCPUWeight=5\n", &v), -ENODATA);
}

static void expect_through_message(const char *name, const char *text)
{
        const struct property *p = get(name);
        _cleanup_free_ char *back = NULL;
        sd_bus_message *m = NULL;
        sd_bus *bus = NULL;
        const char *got_name;

        /* A message needs a bus of its own, but nobody at the other end. */
        assert_int_equal(sd_bus_new(&bus), 0);
        assert_true(sd_bus_set_address(bus, "unix:path=/nonexistent") >= 0);
        (void) sd_bus_start(bus);
        if (sd_bus_message_new(bus, &m, SD_BUS_MESSAGE_METHOD_CALL) < 0)
                skip();

        assert_true(property_append(p, m, text) >= 0);
        assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(m, 1) >= 0);
        assert_true(sd_bus_message_enter_container(m, 'r', "sv") > 0);
        assert_true(sd_bus_message_read(m, "s", &got_name) > 0);
        assert_string_equal(got_name, name);
        assert_true(property_read(p, m, &back) >= 0);
        assert_string_equal(back, text);

        sd_bus_message_unref(m);
        sd_bus_unref(bus);
}

static void survives_the_bus(void **state)
{
        expect_through_message("CPUWeight", "168");
        expect_through_message("CPUWeight", "[not set]");
        expect_through_message("MemoryHigh", "infinity");
        expect_through_message("AllowedCPUs", "0-1,3");
        expect_through_message("AllowedCPUs", "7-8,63-64,8191");
        expect_through_message("AllowedCPUs", "[not set]");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(knows_what_it_can_speak), cmocka_unit_test(rounds_to_what_survives),
                cmocka_unit_test(speaks_text_both_ways),   cmocka_unit_test(reads_drop_ins),
                cmocka_unit_test(survives_the_bus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
