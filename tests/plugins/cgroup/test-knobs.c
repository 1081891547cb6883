/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../testhost.h"
#include "tree.h"

/* What the plugin offers to change, and what it says is not to be had. */

static void assert_same_text(const char *a, const char *b)
{
        assert_int_equal(!a, !b);
        if (a)
                assert_string_equal(a, b);
}

/* Limits the rules rely on; the files are the core's to write. */
static void test_knobs(void **state)
{
        static const struct {
                const char *name, *file, *property;
                uint32_t type, form, flags;
                double min, max;
                const char *key, *absent;
        } expected[] = {
#define CPU_NUMBER TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN
#define DISK       TRIMTAB_NUMBER, TRIMTAB_FORM_NESTED, TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW
                { "cpu.weight", "{path}/cpu.weight", "CPUWeight", CPU_NUMBER, TRIMTAB_KNOB_WEIGHT, 1, 10000, NULL, NULL },
                { "cpu.idle", "{path}/cpu.idle", "CPUWeightIdle", CPU_NUMBER, 0, 0, 1, NULL, NULL },
                { "cpu.max", "{path}/cpu.max", "CPUQuotaPerSecUSec", TRIMTAB_NUMBER, TRIMTAB_FORM_QUOTA,
                  TRIMTAB_KNOB_MAX, 1, 1000000, NULL, NULL },
                { "cpu.max.burst", "{path}/cpu.max.burst", NULL, CPU_NUMBER, 0, 0, 1e7, NULL, NULL },
                { "cpu.uclamp.min", "{path}/cpu.uclamp.min", NULL, CPU_NUMBER, TRIMTAB_KNOB_MAX, 0, 100, NULL, NULL },
                { "cpu.uclamp.max", "{path}/cpu.uclamp.max", NULL, CPU_NUMBER, TRIMTAB_KNOB_MAX, 0, 100, NULL, NULL },
                { "cpuset.cpus", "{path}/cpuset.cpus", "AllowedCPUs", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN, 0, 0, 0,
                  NULL, NULL },
                { "memory.low", "{path}/memory.low", "MemoryLow", CPU_NUMBER, TRIMTAB_KNOB_MAX, 0, 0x1p50, NULL, NULL },
                { "memory.high", "{path}/memory.high", "MemoryHigh", CPU_NUMBER,
                  TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW, 1 << 20, 0x1p50, NULL, NULL },
                { "memory.reclaim", "{path}/memory.reclaim", NULL, CPU_NUMBER,
                  TRIMTAB_KNOB_ACTION | TRIMTAB_KNOB_SLOW, 4096, 0x1p50, NULL, NULL },
                { "memory.swap.max", "{path}/memory.swap.max", "MemorySwapMax", CPU_NUMBER, TRIMTAB_KNOB_MAX, 0, 0x1p50,
                  NULL, NULL },
                { "io.weight", "{path}/io.weight", "IOWeight", TRIMTAB_NUMBER, TRIMTAB_FORM_KEYED, TRIMTAB_KNOB_WEIGHT, 1,
                  10000, "default", NULL },
                { "io.max.rbps", "{path}/io.max", "IOReadBandwidthMax", DISK, 4096, 0x1p50, "{device} rbps", "max" },
                { "io.max.wbps", "{path}/io.max", "IOWriteBandwidthMax", DISK, 4096, 0x1p50, "{device} wbps", "max" },
                { "io.max.riops", "{path}/io.max", "IOReadIOPSMax", DISK, 1, 0x1p50, "{device} riops", "max" },
                { "io.max.wiops", "{path}/io.max", "IOWriteIOPSMax", DISK, 1, 0x1p50, "{device} wiops", "max" },
                { "io.latency", "{path}/io.latency", "IODeviceLatencyTargetUSec", DISK, 1, 1e7, "{device} target", "max" },
                { "pids.max", "{path}/pids.max", "TasksMax", CPU_NUMBER, TRIMTAB_KNOB_MAX, 1, 4194304, NULL, NULL },
                { "io.cost.qos", "/sys/fs/cgroup/io.cost.qos", NULL, TRIMTAB_NUMBER, TRIMTAB_FORM_NESTED,
                  TRIMTAB_KNOB_SLOW, 0, 1, "{device} enable", "0" },
        };
        struct testhost *th = testhost_new(PLUGIN);
        const struct trimtab_plugin *p = testhost_plugin(th);

        assert_int_equal(p->n_knobs, sizeof(expected) / sizeof(expected[0]));
        for (uint32_t i = 0; i < p->n_knobs; i++) {
                const struct trimtab_knob *k = &p->knobs[i];

                assert_string_equal(k->name, expected[i].name);
                assert_string_equal(k->file, expected[i].file);
                assert_same_text(k->unit_property, expected[i].property);
                assert_same_text(k->key, expected[i].key);
                assert_same_text(k->absent, expected[i].absent);
                assert_string_equal(k->scope, strcmp(k->name, "io.cost.qos") == 0 ? "block" : "cgroup");
                assert_same_text(k->per_scope, strchr(k->key ? k->key : "", '{') && *k->scope == 'c' ? "block" : NULL);
                assert_int_equal(k->type, expected[i].type);
                assert_int_equal(k->form, expected[i].form);
                assert_int_equal(k->flags, expected[i].flags);
                assert_true(k->min == expected[i].min && k->max == expected[i].max);
        }
        testhost_free(th);
}

/* What is not here is told in one line a reason, with what would help; what is here is not mentioned. */
static void test_missing_knobs(void **state)
{
        /* Where a controller is instead, this machine's mounts say. */
        static const char *const expected[] = {
                "no cpu.idle here: the kernel has it from Linux 5.15 on\n",
                "no cpu.uclamp.min, cpu.uclamp.max here: the kernel is built without CONFIG_UCLAMP_TASK_GROUP\n",
                "no cpuset.cpus here: the ",
                "no memory.swap.max here: the kernel accounts no swap (boot with swapaccount=1, or CONFIG_SWAP is off)\n",
                "no io.weight, io.max.rbps, io.max.wbps, io.max.riops, io.max.wiops, io.latency, io.cost.qos here: the ",
                "no pids.max here: the ",
        };
        struct testhost *th = testhost_new(PLUGIN);

        tree_write(*state, "cgroup.controllers", "cpu memory\n");
        tree_write(*state, "a/cpu.weight", "100\n");
        tree_write(*state, "a/cpu.max.burst", "0\n");
        tree_write(*state, "a/cpu.max", "max 100000\n");
        tree_write(*state, "b/memory.high", "max\n");
        tree_write(*state, "b/memory.low", "max\n");
        tree_write(*state, "b/memory.reclaim", "");
        testhost_add_object(th, "cgroup", 1, "/", *state);
        assert_int_equal(testhost_open(th), 0);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
                assert_non_null(strstr(testhost_events(th), expected[i]));
        assert_null(strstr(testhost_events(th), "cpu.max"));
        assert_null(strstr(testhost_events(th), "memory.high"));
        assert_null(strstr(testhost_events(th), "memory.reclaim"));
        testhost_free(th);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_knobs),
                TEST(test_missing_knobs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
