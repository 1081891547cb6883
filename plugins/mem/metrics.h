/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_METRICS_H
#define MEM_METRICS_H

#include <stdint.h>

#include <trimtab/plugin.h>

enum mem_metric {
        MEM_METRIC_ALLOCATED,
        /* In the order of enum mem_stall. */
        MEM_METRIC_RECLAIM_LATENCY,
        MEM_METRIC_MEMCG_RECLAIM_LATENCY,
        MEM_METRIC_COMPACTION_LATENCY,
        MEM_METRIC_RECLAIMED,
        /* Of the host, in the order of enum mem_thread_kind. */
        MEM_METRIC_KSWAPD,
        MEM_METRIC_KCOMPACTD,
        _MEM_METRIC_MAX,
};

#define MEM_METRIC_FIRST_THREAD MEM_METRIC_KSWAPD
#define MEM_N_THREADS           (_MEM_METRIC_MAX - MEM_METRIC_FIRST_THREAD)

/* Which programs (bits of enum mem_program) a metric cannot do without; those that it wants besides. */
struct mem_source {
        uint32_t needs, wants;
};

extern const struct trimtab_metric mem_metrics[_MEM_METRIC_MAX];
extern const struct mem_source mem_sources[_MEM_METRIC_MAX];

#endif
