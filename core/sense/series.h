/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SERIES_H
#define TRIMTAB_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "sense/store.h"
#include "sense/window.h"

/*
 * The samples of one (metric, object) over the last while, and the windows that somebody looks at them through. A
 * large machine has tens of thousands of these and reads each once a tick: what a reading needs stands first
 * and close together.
 */

struct slot_delta {
        uint32_t slot, count;
};

/* What fell into which slot of a histogram since the sample before. */
struct deltas {
        uint32_t n;
        struct slot_delta items[];
};

struct series {
        uint64_t begin, end;    /* the samples by number, counted from the first of all: [begin, end) are there */
        struct sample newest;   /* the last of them */
        struct window window;   /* the first that was asked for, and behind it the others */
        struct sample *ring;    /* sample i at i modulo capacity */
        struct deltas **deltas; /* likewise; NULL: not a histogram; element NULL: nothing came */
        size_t capacity;        /* a power of two */
        double last_raw;        /* counter, histogram sum: the total as it came */
        uint64_t *last_slots;   /* histogram: the totals as they came */
};

void series_clear(struct series *s);

int series_put_gauge(struct series *s, uint64_t keep_ns, uint64_t now_ns, double value);
int series_put_counter(struct series *s, uint64_t keep_ns, uint64_t now_ns, double total);
int series_put_histogram(struct series *s, uint64_t keep_ns, uint64_t now_ns, const uint64_t *slots, uint32_t n_slots,
                         double sum);

/* See store_stat. What is worked out for it stays with the series, for the next time. */
int series_stat(struct series *s, uint32_t kind, enum statistic stat, uint64_t window_ns, uint64_t now_ns, double *ret);

/* begin <= i < end */
static inline const struct sample *series_at(const struct series *s, uint64_t i)
{
        return &s->ring[i & (s->capacity - 1)];
}

/* What came with it; NULL: nothing, or no histogram. */
static inline const struct deltas *series_deltas(const struct series *s, uint64_t i)
{
        return s->deltas ? s->deltas[i & (s->capacity - 1)] : NULL;
}

/* The newest sample; NULL: none. */
static inline const struct sample *series_newest(const struct series *s)
{
        return s->end > s->begin ? &s->newest : NULL;
}

size_t series_size(const struct series *s);

#endif
