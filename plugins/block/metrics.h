/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_METRICS_H
#define BLOCK_METRICS_H

/*
 * What is measured, and of what: each measure is two metrics, the cgroup's ("block.read_latency") and the disk's
 * ("block.disk_read_latency"), in this order and as far apart as there are measures.
 */

#include <stdint.h>

#include <trimtab/plugin.h>

#include "totals.h"

enum block_measure {
        READ_LATENCY, /* the first ones are enum block_latency */
        WRITE_LATENCY,
        SYNC_LATENCY,
        QUEUE_LATENCY,
        DEVICE_LATENCY,
        READS,
        WRITES,
        READ_BYTES,
        WRITE_BYTES,
        MERGES,
        ERRORS,
        _MEASURE_MAX,
};

#define DISK_METRIC(measure) ((uint32_t) _MEASURE_MAX + (measure))
#define METRIC_INFLIGHT      (2u * _MEASURE_MAX)
#define N_METRICS            (2u * _MEASURE_MAX + 1)

/* Bits of metrics. */
#define CGROUP_METRICS  ((1u << _MEASURE_MAX) - 1)
#define LATENCIES       ((1u << _BLOCK_LATENCY_MAX) - 1)
#define LATENCY_METRICS (LATENCIES | LATENCIES << _MEASURE_MAX)

extern const struct trimtab_metric block_metrics[N_METRICS];

/* The programs (bits of enum block_program) without which a metric cannot be had, and all that it likes to have. */
extern const uint32_t block_uses[N_METRICS], block_likes[N_METRICS];

/*
 * Emits those of `metrics` (bits; `first`: the metric that is measure 0, as cgroups and disks have theirs) of the object. The first error is returned,
 * and the others are emitted.
 */
int block_emit(const struct trimtab_host *h, uint32_t metrics, uint32_t first, uint64_t object,
               const struct block_totals *t);

#endif
