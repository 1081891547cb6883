/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include <stddef.h>

/* Pressure is what the kernel's total grew by since the last tick, not its averages over 10 s and more. */
#define PRESSURE(metric_name, text)                                                                          \
        { .name = "cgroup." metric_name, .unit = "%", .help = text, .scope = "cgroup", .kind = TRIMTAB_GAUGE, \
          .flags = TRIMTAB_METRIC_SHARE }

const struct trimtab_metric metrics[N_METRICS] = {
        [CPU_SOME] = PRESSURE("cpu_some", "Share of the time in which some task waited for a CPU"),
        [CPU_FULL] = PRESSURE("cpu_full", "Share of the time in which all tasks waited for a CPU"),
        [MEMORY_SOME] = PRESSURE("memory_some", "Share of the time in which some task waited for memory"),
        [MEMORY_FULL] = PRESSURE("memory_full", "Share of the time in which all tasks waited for memory"),
        [IO_SOME] = PRESSURE("io_some", "Share of the time in which some task waited for I/O"),
        [IO_FULL] = PRESSURE("io_full", "Share of the time in which all tasks waited for I/O"),
        [CPU_USAGE] = { .name = "cgroup.cpu_usage", .unit = "ns", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                        .help = "CPU time used" },
        [THROTTLED] = { .name = "cgroup.throttled", .unit = "ns", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                        .help = "Time that cpu.max kept the cgroup from running" },
        [MEMORY_CURRENT] = { .name = "cgroup.memory_current", .unit = "B", .scope = "cgroup",
                             .kind = TRIMTAB_GAUGE, .help = "Memory charged, page cache included" },
        [MEMORY_ANON] = { .name = "cgroup.memory_anon", .unit = "B", .scope = "cgroup", .kind = TRIMTAB_GAUGE,
                          .help = "Anonymous memory: heaps, stacks, private mappings" },
        [REFAULTS] = { .name = "cgroup.refaults", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                       .help = "Pages read back soon after they were reclaimed" },
        [OOM_KILLS] = { .name = "cgroup.oom_kills", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                        .help = "Processes killed by the out-of-memory killer" },
        [SWAP_CURRENT] = { .name = "cgroup.swap_current", .unit = "B", .scope = "cgroup", .kind = TRIMTAB_GAUGE,
                           .help = "Memory that was moved out to swap" },
        [PIDS] = { .name = "cgroup.pids", .unit = "", .scope = "cgroup", .kind = TRIMTAB_GAUGE,
                   .help = "Processes and threads" },
        [IO_READ_BYTES] = { .name = "cgroup.io_read_bytes", .unit = "B", .scope = "cgroup",
                            .kind = TRIMTAB_COUNTER, .help = "Bytes read, of all disks together" },
        [IO_WRITE_BYTES] = { .name = "cgroup.io_write_bytes", .unit = "B", .scope = "cgroup",
                             .kind = TRIMTAB_COUNTER, .help = "Bytes written, of all disks together" },
        [IO_READS] = { .name = "cgroup.io_reads", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                       .help = "Read operations, of all disks together" },
        [IO_WRITES] = { .name = "cgroup.io_writes", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                        .help = "Write operations, of all disks together" },
};

const struct source sources[N_METRICS] = {
        [CPU_SOME] = { CPU_PRESSURE_FILE, FORM_PRESSURE, { "some" }, 1000, NULL },
        [CPU_FULL] = { CPU_PRESSURE_FILE, FORM_PRESSURE, { "full" }, 1000, NULL },
        [MEMORY_SOME] = { MEMORY_PRESSURE_FILE, FORM_PRESSURE, { "some" }, 1000, NULL },
        [MEMORY_FULL] = { MEMORY_PRESSURE_FILE, FORM_PRESSURE, { "full" }, 1000, NULL },
        [IO_SOME] = { IO_PRESSURE_FILE, FORM_PRESSURE, { "some" }, 1000, NULL },
        [IO_FULL] = { IO_PRESSURE_FILE, FORM_PRESSURE, { "full" }, 1000, NULL },
        /* Kept for every cgroup v2, with or without the controller. */
        [CPU_USAGE] = { CPU_STAT_FILE, FORM_KEYED, { "usage_usec" }, 1000, NULL },
        [THROTTLED] = { CPU_STAT_FILE, FORM_KEYED, { "throttled_usec" }, 1000, "cpu" },
        [MEMORY_CURRENT] = { MEMORY_CURRENT_FILE, FORM_NUMBER, { NULL }, 1, "memory" },
        [MEMORY_ANON] = { MEMORY_STAT_FILE, FORM_KEYED, { "anon" }, 1, "memory" },
        [REFAULTS] = { MEMORY_STAT_FILE, FORM_KEYED, { "workingset_refault_anon", "workingset_refault_file" }, 1,
                       "memory" },
        [OOM_KILLS] = { MEMORY_EVENTS_FILE, FORM_KEYED, { "oom_kill" }, 1, "memory" },
        [SWAP_CURRENT] = { SWAP_CURRENT_FILE, FORM_NUMBER, { NULL }, 1, "memory" },
        [PIDS] = { PIDS_CURRENT_FILE, FORM_NUMBER, { NULL }, 1, "pids" },
        [IO_READ_BYTES] = { IO_STAT_FILE, FORM_NESTED, { "rbytes" }, 1, "io" },
        [IO_WRITE_BYTES] = { IO_STAT_FILE, FORM_NESTED, { "wbytes" }, 1, "io" },
        [IO_READS] = { IO_STAT_FILE, FORM_NESTED, { "rios" }, 1, "io" },
        [IO_WRITES] = { IO_STAT_FILE, FORM_NESTED, { "wios" }, 1, "io" },
};

const struct file_name files[N_FILES] = {
        [CPU_PRESSURE_FILE] = { "cpu.pressure", "/proc/pressure/cpu" },
        [MEMORY_PRESSURE_FILE] = { "memory.pressure", "/proc/pressure/memory" },
        [IO_PRESSURE_FILE] = { "io.pressure", "/proc/pressure/io" },
        [CPU_STAT_FILE] = { "cpu.stat", NULL },
        [MEMORY_CURRENT_FILE] = { "memory.current", NULL },
        [MEMORY_STAT_FILE] = { "memory.stat", NULL },
        [MEMORY_EVENTS_FILE] = { "memory.events", NULL },
        [SWAP_CURRENT_FILE] = { "memory.swap.current", NULL },
        [PIDS_CURRENT_FILE] = { "pids.current", NULL },
        [IO_STAT_FILE] = { "io.stat", NULL },
};
