/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include "load.h"

#define BOTH(measure, word, metric_unit, text, metric_kind)                                                  \
        [measure] = { "block." word, metric_unit, text, "cgroup", metric_kind },                             \
        [DISK_METRIC(measure)] = { "block.disk_" word, metric_unit, text, "block", metric_kind }

#define LATENCY(measure, word, text) BOTH(measure, word, "ns", text, TRIMTAB_HISTOGRAM)
#define COUNT(measure, word, unit, text) BOTH(measure, word, unit, text, TRIMTAB_COUNTER)

const struct trimtab_metric block_metrics[N_METRICS] = {
        LATENCY(READ_LATENCY, "read_latency", "how long reads take, queue and device together"),
        LATENCY(WRITE_LATENCY, "write_latency", "how long writes take that nobody waits for, as write-back"),
        LATENCY(SYNC_LATENCY, "sync_latency",
                "how long writes take that somebody waits for (fsync, O_DIRECT, journals), flushes included"),
        LATENCY(QUEUE_LATENCY, "queue_latency", "how long requests wait before the device gets them"),
        LATENCY(DEVICE_LATENCY, "device_latency", "how long the device takes for a request"),
        COUNT(READS, "reads", "", "requests to read that are done"),
        COUNT(WRITES, "writes", "", "requests to write that are done, those of syncs included"),
        COUNT(READ_BYTES, "read_bytes", "B", "bytes read from the device"),
        COUNT(WRITE_BYTES, "write_bytes", "B", "bytes written to the device"),
        COUNT(MERGES, "merges", "", "reads and writes that became part of another request"),
        COUNT(ERRORS, "errors", "", "requests that failed, in whole or in part"),
        [METRIC_INFLIGHT] = { "block.inflight", "", "requests that the device has now", "block", TRIMTAB_GAUGE },
};

#define BIT(i)       (1u << (i))
#define COMPLETE     BIT(BLOCK_PROGRAM_COMPLETE)
#define BIO_MERGES   (BIT(BLOCK_PROGRAM_BACK) | BIT(BLOCK_PROGRAM_FRONT))

const uint32_t block_uses[N_METRICS] = {
        [READ_LATENCY ... WRITE_BYTES] = COMPLETE,
        [MERGES] = BIO_MERGES,
        [ERRORS] = COMPLETE,
        [DISK_METRIC(READ_LATENCY) ... DISK_METRIC(WRITE_BYTES)] = COMPLETE,
        [DISK_METRIC(MERGES)] = BIO_MERGES,
        [DISK_METRIC(ERRORS)] = COMPLETE,
};

const uint32_t block_likes[N_METRICS] = {
        [MERGES] = BIT(BLOCK_PROGRAM_MERGE),
        [DISK_METRIC(MERGES)] = BIT(BLOCK_PROGRAM_MERGE),
};

static uint64_t total(const struct block_totals *t, enum block_latency kind)
{
        uint64_t n = t->untimed[kind];

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                n += t->slots[kind][i];
        return n;
}

static double value_of(const struct block_totals *t, uint32_t measure)
{
        switch (measure) {
        case READS:
                return (double) total(t, BLOCK_READ);
        case WRITES:
                return (double) (total(t, BLOCK_WRITE) + total(t, BLOCK_SYNC));
        case READ_BYTES:
                return (double) t->read_bytes;
        case WRITE_BYTES:
                return (double) t->write_bytes;
        case MERGES:
                return (double) t->merges;
        case ERRORS:
                return (double) t->errors;
        default:
                return 0;
        }
}

int block_emit(const struct trimtab_host *h, uint32_t metrics, uint32_t first, uint64_t object,
               const struct block_totals *t)
{
        int r = 0;

        for (uint32_t i = 0; i < _MEASURE_MAX; i++) {
                uint32_t metric = first + i;
                int k;

                if (!(metrics & BIT(metric)))
                        continue;
                k = i < _BLOCK_LATENCY_MAX
                            ? h->emit_histogram(h, metric, object, t->slots[i], TRIMTAB_HIST_SLOTS, (double) t->sums[i])
                            : h->emit(h, metric, object, value_of(t, i));
                r = r < 0 ? r : k;
        }
        return r;
}
