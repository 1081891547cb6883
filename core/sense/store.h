/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_STORE_H
#define TRIMTAB_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * The metric store: for every (metric, object) the samples of the last while, from which the statistics over a
 * window are made. Pure memory, time is a parameter (CLOCK_MONOTONIC ns). Values are in the metric's own unit.
 */

enum statistic {
        STAT_LAST, STAT_AVG, STAT_MIN, STAT_MAX, /* gauge; max also of a histogram */
        STAT_RATE,                               /* counter, per second */
        STAT_P50, STAT_P90, STAT_P95, STAT_P99, STAT_P999, STAT_MEAN, STAT_COUNT, /* histogram */
        STAT_N,
};

const char *statistic_name(enum statistic s); /* "p99" */
int statistic_find(const char *name, size_t length); /* the number, -ENOENT */
/* Whether this statistic exists for that kind of metric. */
int statistic_fits(enum statistic s, uint32_t kind);
/* The dimension and factor to its base of the statistic of a metric: a rate of a time is a ratio, a count a number. */
void statistic_dimension(enum statistic s, const struct metric *m, enum dimension *ret, double *ret_factor);

struct store;

int store_new(const struct catalogue *c, struct store **ret);
struct store *store_free(struct store *s);

/* Samples of this metric are kept at least that long (the largest asked for since start counts, 10 s at least). */
void store_keep(struct store *s, uint32_t metric, uint64_t window_ns);

int store_put(struct store *s, uint32_t metric, uint64_t object, uint64_t now_ns, double value);
/* Running totals; n_slots as in trimtab/bpf/histogram.h, fewer are taken as zeros behind. sum NAN: unknown. */
int store_put_histogram(struct store *s, uint32_t metric, uint64_t object, uint64_t now_ns, const uint64_t *slots,
                        uint32_t n_slots, double sum);

/* Whoever wants to see every sample as it comes: called before it is kept, which may fail. */
struct store_tap {
        void (*value)(void *userdata, uint32_t metric, uint64_t object, double value);
        void (*histogram)(void *userdata, uint32_t metric, uint64_t object, const uint64_t *slots, uint32_t n_slots,
                          double sum);
        void *userdata;
};
void store_set_tap(struct store *s, const struct store_tap *tap); /* NULL: nobody */

/*
 * One statistic over the samples in (now - window, now]. Differences (rates, histograms) start from the sample at
 * or before the window's beginning, or the first there is. In the metric's own unit, except COUNT.
 * -ENODATA: no sample in the window, or for a percentile none fell into it. -EINVAL: not of this kind (LAST is also
 * taken of a counter: its running total).
 */
int store_stat(const struct store *s, uint32_t metric, uint64_t object, enum statistic stat, uint64_t window_ns,
               uint64_t now_ns, double *ret);

/*
 * The same for those who ask every tick: where the series was found the last time is looked at first. A hint is {} to begin
 * with, stays with one store, and may be used whatever has become of the series.
 */
struct store_hint {
        struct entry *entry;
};
int store_stat_hinted(const struct store *s, struct store_hint *hint, uint32_t metric, uint64_t object,
                      enum statistic stat, uint64_t window_ns, uint64_t now_ns, double *ret);

/* That will be asked for soon: it is fetched into the cache meanwhile. Changes nothing, and may be left out. */
void store_expect(const struct store_hint *hint);

/* When the newest sample came; -ENODATA. */
int store_last_time(const struct store *s, uint32_t metric, uint64_t object, uint64_t *ret_ns);

/* Every (metric, object) there is a series of, by metric, then object. */
int store_foreach(const struct store *s, int (*cb)(void *userdata, uint32_t metric, uint64_t object), void *userdata);

/* The object is gone: drop its series. */
void store_forget(struct store *s, struct oid id);

/* Bytes held, for the daemon's own account. */
size_t store_size(const struct store *s);

#endif
