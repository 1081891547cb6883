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
        assert_null(property_find("IODeviceWeight"));
        assert_ptr_equal(property_find("IOReadIOPSMax /dev/vda"), property_find("IOReadIOPSMax"));
        assert_string_equal(property_device("IOReadIOPSMax /dev/vda"), "/dev/vda");
        assert_null(property_device("IOReadIOPSMax"));

        /* Two of ours stand for one of systemd's. */
        assert_ptr_equal(property_of_bus("CPUWeight", NULL), get("CPUWeight"));
        assert_ptr_equal(property_of_bus("CPUWeight", get("CPUWeight")), get("CPUWeightIdle"));
        assert_null(property_of_bus("CPUWeight", get("CPUWeightIdle")));
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

        assert_int_equal(property_from_value(get(name), &v, NULL, &text), 0);
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

        expect_text("IOReadBandwidthMax", value_number(1048576), "1048576");
        expect_text("IOReadBandwidthMax", value_number(INFINITY), "infinity");
        expect_text("TasksMax", value_number(100), "100");

        assert_int_equal(property_to_value(get("CPUWeight"), "[not set]", &v), -ENODATA);
        assert_int_equal(property_to_value(get("CPUWeight"), "idle", &v), -ENODATA);
        assert_int_equal(property_to_value(get("CPUWeight"), "12x", &v), -EINVAL);
        assert_int_equal(property_to_value(get("CPUWeight"), "", &v), -EINVAL);
}

static void expect_idle(double number, const char *original, const char *expect)
{
        struct trimtab_value v = value_number(number);
        _cleanup_free_ char *text = NULL;

        assert_int_equal(property_from_value(get("CPUWeightIdle"), &v, original, &text), 0);
        assert_string_equal(text, expect);
}

/* Idle is a weight: to be so no longer is to have another. */
static void idle_goes_back_to_the_weight_before(void **state)
{
        struct trimtab_value v;

        expect_idle(1, "[not set]", "idle");
        expect_idle(0, "300", "300");
        expect_idle(0, "idle", "[not set]");
        expect_idle(0, NULL, "[not set]");

        assert_int_equal(property_to_value(get("CPUWeightIdle"), "idle", &v), 0);
        assert_true(v.number == 1);
        assert_int_equal(property_to_value(get("CPUWeightIdle"), "300", &v), 0);
        assert_true(v.number == 0);
        assert_int_equal(property_to_value(get("CPUWeightIdle"), "[not set]", &v), 0);
        assert_true(v.number == 0);
}

static void knows_devices_in_lists(void **state)
{
        static const char list_text[] = "/dev/vda 1048576\n/dev/disk/by-id/a b 7\n";
        const struct property *p = get("IOReadBandwidthMax");
        char *text;

        assert_int_equal(property_of_list(p, "/dev/vda", list_text, &text), 0);
        assert_string_equal(text, "1048576");
        free(text);
        assert_int_equal(property_of_list(p, "/dev/disk/by-id/a b", list_text, &text), 0);
        assert_string_equal(text, "7");
        free(text);
        assert_int_equal(property_of_list(p, "/dev/vd", list_text, &text), 0);
        assert_string_equal(text, "infinity");
        free(text);

        assert_int_equal(property_device_path(list_text, "4095:1048575 rbps", "vdz", &text), 0);
        assert_string_equal(text, "/dev/vdz");
        free(text);
        assert_int_equal(property_device_path("", "254:16 rbps", NULL, &text), 0);
        assert_string_equal(text, "/dev/block/254:16");
        free(text);
        assert_int_equal(property_device_path("", "default", "vda", &text), -ENODEV);
}

static void reads_drop_ins(void **state)
{
        static const char head[] = "# This is a drop-in unit file extension\n[Service]\n";
        static const struct {
                const char *name, *line;
                double number;
                const char *device;
        } cases[] = {
                { "CPUWeight", "CPUWeight=168\n", 168 },
                { "CPUQuotaPerSecUSec", "CPUQuota=80%\n", 80 },
                { "CPUQuotaPerSecUSec", "CPUQuota=\n", INFINITY },
                { "MemoryHigh", "MemoryHigh=4096\nMemoryHigh=8192\n", 8192 },
                { "MemoryHigh", "MemoryHigh=infinity\n", INFINITY },
                { "CPUWeightIdle", "CPUWeight=idle\n", 1 },
                { "CPUWeightIdle", "CPUWeight=300\n", 0 },
                { "IOReadIOPSMax", "IOReadIOPSMax=\nIOReadIOPSMax=/dev/vda 5\nIOReadIOPSMax=/dev/vdab 6\n", 5, "/dev/vda" },
                { "IOReadIOPSMax", "IOReadIOPSMax=\nIOReadIOPSMax=/dev/vda 5\nIOReadIOPSMax=/dev/vdab 6\n", 6, "/dev/vdab" },
                { "IODeviceLatencyTargetUSec", "IODeviceLatencyTargetSec=\nIODeviceLatencyTargetSec=/dev/vda 1min 2s 5ms\n",
                  62005000, "/dev/vda" },
        };
        struct trimtab_value v;
        char bytes[512];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                (void) snprintf(bytes, sizeof(bytes), "%s%s", head, cases[i].line);
                assert_int_equal(property_of_dropin(get(cases[i].name), cases[i].device, bytes, &v), 0);
                assert_true(v.number == cases[i].number);
        }
        assert_int_equal(property_of_dropin(get("IOReadIOPSMax"), "/dev/vdb",
                                            "IOReadIOPSMax=\nIOReadIOPSMax=/dev/vda 5\n", &v),
                         -ENODATA);
        assert_int_equal(property_of_dropin(get("IOReadIOPSMax"), "/dev/vda",
                                            "IOReadIOPSMax=/dev/vda 5\nIOReadIOPSMax=\n", &v),
                         -ENODATA);
        assert_int_equal(property_of_dropin(get("AllowedCPUs"), NULL, "AllowedCPUs=0-1 3\n", &v), -EINVAL);
        assert_int_equal(property_of_dropin(get("AllowedCPUs"), NULL, "AllowedCPUs=0-1\n", &v), 0);
        assert_string_equal(v.text, "0-1");
        assert_int_equal(property_of_dropin(get("CPUWeight"), NULL, head, &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), NULL, "CPUWeight=\n", &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), NULL, "CPUWeight=idle\n", &v), -ENODATA);
        assert_int_equal(property_of_dropin(get("CPUWeight"), NULL, "StartupCPUWeight=5\n", &v), -ENODATA);
}

static void expect_through_message(const char *name, const char *device, const char *text)
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

        assert_true(property_append(p, device, m, text) >= 0);
        assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(m, 1) >= 0);
        assert_true(sd_bus_message_enter_container(m, 'r', "sv") > 0);
        assert_true(sd_bus_message_read(m, "s", &got_name) > 0);
        assert_string_equal(got_name, p->bus_name);
        assert_true(property_read(p, m, &back) >= 0);
        if (device) {
                char *list_text = TAKE(back);

                assert_int_equal(property_of_list(p, device, list_text, &back), 0);
                free(list_text);
        }
        assert_string_equal(back, text);

        sd_bus_message_unref(m);
        sd_bus_unref(bus);
}

static void survives_the_bus(void **state)
{
        expect_through_message("CPUWeight", NULL, "168");
        expect_through_message("CPUWeight", NULL, "[not set]");
        expect_through_message("MemoryHigh", NULL, "infinity");
        expect_through_message("AllowedCPUs", NULL, "0-1,3");
        expect_through_message("AllowedCPUs", NULL, "7-8,63-64,8191");
        expect_through_message("AllowedCPUs", NULL, "[not set]");
        expect_through_message("CPUWeightIdle", NULL, "idle");
        expect_through_message("CPUWeightIdle", NULL, "300");
        expect_through_message("IOWriteBandwidthMax", "/dev/vda", "1048576");
        expect_through_message("IOWriteBandwidthMax", "/dev/vda", "infinity");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(knows_what_it_can_speak), cmocka_unit_test(rounds_to_what_survives),
                cmocka_unit_test(speaks_text_both_ways),   cmocka_unit_test(reads_drop_ins),
                cmocka_unit_test(survives_the_bus),        cmocka_unit_test(idle_goes_back_to_the_weight_before),
                cmocka_unit_test(knows_devices_in_lists),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
