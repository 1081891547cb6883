/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include "load.h"

#define BIT(i) (1u << (i))

const struct trimtab_metric mem_metrics[_MEM_METRIC_MAX] = {
        [MEM_METRIC_ALLOCATED] = { .name = "mem.allocated_pages", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                                   .help = "pages that its tasks were given, the kernel's on their behalf included" },
        [MEM_METRIC_RECLAIM_LATENCY] = { .name = "mem.reclaim_latency", .unit = "ns", .scope = "cgroup",
                                         .kind = TRIMTAB_HISTOGRAM,
                                         .help = "how long tasks reclaim memory because the machine is short of it" },
        [MEM_METRIC_MEMCG_RECLAIM_LATENCY] = { .name = "mem.memcg_reclaim_latency", .unit = "ns", .scope = "cgroup",
                                               .kind = TRIMTAB_HISTOGRAM,
                                               .help = "how long tasks reclaim memory because a cgroup is at its limit" },
        [MEM_METRIC_COMPACTION_LATENCY] = { .name = "mem.compaction_latency", .unit = "ns", .scope = "cgroup",
                                            .kind = TRIMTAB_HISTOGRAM,
                                            .help = "how long tasks compact a zone to get a large block" },
        [MEM_METRIC_RECLAIMED] = { .name = "mem.reclaimed_pages", .unit = "", .scope = "cgroup", .kind = TRIMTAB_COUNTER,
                                   .help = "pages that its tasks have reclaimed themselves" },
        [MEM_METRIC_KSWAPD] = { .name = "mem.kswapd", .unit = "ns", .scope = "host", .kind = TRIMTAB_COUNTER,
                                .help = "CPU time of the kernel's reclaim in the background, all nodes together" },
        [MEM_METRIC_KCOMPACTD] = { .name = "mem.kcompactd", .unit = "ns", .scope = "host", .kind = TRIMTAB_COUNTER,
                                   .help = "CPU time of the kernel's compaction in the background, all nodes together" },
};

const struct mem_source mem_sources[_MEM_METRIC_MAX] = {
        [MEM_METRIC_ALLOCATED] = { .needs = BIT(MEM_PROGRAM_ALLOC) },
        [MEM_METRIC_RECLAIM_LATENCY] = { .needs = BIT(MEM_PROGRAM_DIRECT_BEGIN) | BIT(MEM_PROGRAM_DIRECT_END) },
        [MEM_METRIC_MEMCG_RECLAIM_LATENCY] = { .needs = BIT(MEM_PROGRAM_MEMCG_BEGIN) | BIT(MEM_PROGRAM_MEMCG_END) },
        [MEM_METRIC_COMPACTION_LATENCY] = { .needs = BIT(MEM_PROGRAM_COMPACT_BEGIN) | BIT(MEM_PROGRAM_COMPACT_END) },
        /* A kernel without memory cgroups has no such reclaim to miss. */
        [MEM_METRIC_RECLAIMED] = { .needs = BIT(MEM_PROGRAM_DIRECT_END), .wants = BIT(MEM_PROGRAM_MEMCG_END) },
};
