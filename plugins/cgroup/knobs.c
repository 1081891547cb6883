/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knobs.h"

/* Of a cgroup's own; each file has the knob's name. */
#define CGROUP(knob_name, knob_unit, text)                                                                   \
        .name = knob_name, .unit = knob_unit, .help = text, .scope = "cgroup", .file = "{path}/" knob_name

/* Bytes a limit can be: more than any machine has. */
#define BYTES_MAX 0x1p50

/*
 * One of the four limits of a disk in io.max. As with io.latency and io.cost.qos, the kernel may switch the mechanism on with the first
 * write: it then waits until nothing is under way on that disk, however long the disk takes.
 */
#define IO_MAX(word, knob_unit, text, least, property, metric)                                               \
        {                                                                                                    \
                .name = "io.max." word, .unit = knob_unit, .help = text, .scope = "cgroup",                  \
                .file = "{path}/io.max", .per_scope = "block", .form = TRIMTAB_FORM_NESTED,                  \
                .key = "{device} " word, .absent = "max", .type = TRIMTAB_NUMBER,                            \
                .flags = TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW,                                               \
                .min = least, .max = BYTES_MAX, .unit_property = property, .use_metric = metric,             \
        }

const struct trimtab_knob knobs[N_KNOBS] = {
        {
                CGROUP("cpu.weight", "",
                       "Share of the CPU against the siblings, when there is not enough for all"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_WEIGHT,
                .min = 1,
                .max = 10000,
                .unit_property = "CPUWeight",
        },
        {
                CGROUP("cpu.idle", "", "1: runs only when nobody else wants the CPU"),
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 1,
                /* CPUWeight=idle: no property of its own, and rewritten with every weight. */
                .unit_property = "CPUWeightIdle",
        },
        {
                CGROUP("cpu.max", "%", "CPU time at most, 100 % is one CPU"),
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_QUOTA,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 1, /* the kernel takes no quota under 1 ms, of a period of 100 ms */
                .max = 1000000,
                .unit_property = "CPUQuotaPerSecUSec",
                .use_metric = "cgroup.cpu_usage",
        },
        {
                CGROUP("cpu.max.burst", "us",
                       "CPU time left over that may be saved up for a burst, within the quota of cpu.max"),
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 10000000,
        },
        {
                CGROUP("cpu.uclamp.min", "%",
                       "Utilization that the scheduler assumes at least, when it picks CPU and frequency"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 0,
                .max = 100,
        },
        {
                CGROUP("cpu.uclamp.max", "%",
                       "Utilization that the scheduler assumes at most, when it picks CPU and frequency"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 0,
                .max = 100,
        },
        {
                CGROUP("cpuset.cpus", "", "The CPUs the tasks may run on; empty: those of the parent"),
                .type = TRIMTAB_CPULIST,
                .unit_property = "AllowedCPUs",
        },
        {
                CGROUP("memory.low", "B", "Memory that is reclaimed only when there is no other to be had"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 0,
                .max = BYTES_MAX,
                .unit_property = "MemoryLow",
        },
        {
                CGROUP("memory.high", "B",
                       "Memory above which the tasks are slowed down and made to reclaim"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW,
                .min = 1024 * 1024, /* with less nothing runs, it only reclaims */
                .max = BYTES_MAX,
                .unit_property = "MemoryHigh",
                .use_metric = "cgroup.memory_current",
        },
        {
                CGROUP("memory.reclaim", "B",
                       "Reclaims so much now; not a setting, there is nothing to put back"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_ACTION | TRIMTAB_KNOB_SLOW,
                .min = 4096,
                .max = BYTES_MAX,
        },
        {
                CGROUP("memory.swap.max", "B", "Memory that may be moved out to swap"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 0,
                .max = BYTES_MAX,
                .unit_property = "MemorySwapMax",
                .use_metric = "cgroup.swap_current",
        },
        {
                CGROUP("io.weight", "",
                       "Share of the disk against the siblings; has an effect only with io.cost or the bfq "
                       "scheduler"),
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_KEYED,
                .key = "default",
                .flags = TRIMTAB_KNOB_WEIGHT,
                .min = 1,
                .max = 10000,
                .unit_property = "IOWeight",
        },
        IO_MAX("rbps", "B", "Bytes read from the disk a second, at most", 4096, "IOReadBandwidthMax",
               "cgroup.io_read_bytes"),
        IO_MAX("wbps", "B", "Bytes written to the disk a second, at most", 4096, "IOWriteBandwidthMax",
               "cgroup.io_write_bytes"),
        IO_MAX("riops", "", "Reads from the disk a second, at most", 1, "IOReadIOPSMax", "cgroup.io_reads"),
        IO_MAX("wiops", "", "Writes to the disk a second, at most", 1, "IOWriteIOPSMax", "cgroup.io_writes"),
        {
                CGROUP("io.latency", "us",
                       "Latency of the disk above which the siblings with a higher one are held back"),
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_NESTED,
                .per_scope = "block",
                .key = "{device} target",
                .absent = "max",
                .flags = TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW,
                .min = 1,
                .max = 10000000,
                .unit_property = "IODeviceLatencyTargetUSec",
        },
        {
                CGROUP("pids.max", "", "Processes and threads at most"),
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 1,
                .max = 4194304, /* the kernel's own limit of pid_max */
                .unit_property = "TasksMax",
                .use_metric = "cgroup.pids",
        },
        {
                .name = "io.cost.qos",
                .unit = "",
                .help = "1: the disk heeds io.weight, by the io.cost model",
                .scope = "block",
                .file = "/sys/fs/cgroup/io.cost.qos", /* of the root cgroup, for all disks */
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_NESTED,
                .key = "{device} enable",
                .absent = "0",
                .flags = TRIMTAB_KNOB_SLOW,
                .min = 0,
                .max = 1,
        },
};
