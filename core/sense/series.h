/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SERIES_H
#define TRIMTAB_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "sense/store.h"

/* The samples of one (metric, object) over the last while, oldest first. */

struct slot_delta {
        uint32_t slot, count;
};

struct sample {
        uint64_t time_ns;
        double value;              /* gauge: as it came; counter: total since the first sample; histogram: sum of what came */
        uint32_t n_deltas;
        struct slot_delta *deltas; /* histogram: what fell into which slot since the sample before */
};

struct series {
        struct sample *ring; /* capacity a power of two */
        size_t capacity, head, n;
        double last_raw;     /* counter, histogram sum: the total as it came */
        uint64_t *last_slots; /* histogram: the totals as they came */
};

void series_clear(struct series *s);

int series_put_gauge(struct series *s, uint64_t keep_ns, uint64_t now_ns, double value);
int series_put_counter(struct series *s, uint64_t keep_ns, uint64_t now_ns, double total);
int series_put_histogram(struct series *s, uint64_t keep_ns, uint64_t now_ns, const uint64_t *slots, uint32_t n_slots,
                         double sum);

int series_stat(const struct series *s, uint32_t kind, enum statistic stat, uint64_t window_ns, uint64_t now_ns,
                double *ret);

/* The newest sample; NULL: none. */
const struct sample *series_newest(const struct series *s);

size_t series_size(const struct series *s);

#endif
