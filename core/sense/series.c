/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sense/histogram.h"
#include "util/cleanup.h"

static struct sample *at(const struct series *s, size_t i)
{
        return &s->ring[(s->head + i) & (s->capacity - 1)];
}

const struct sample *series_newest(const struct series *s)
{
        return s->n ? at(s, s->n - 1) : NULL;
}

static void drop_oldest(struct series *s)
{
        free(at(s, 0)->deltas);
        s->head = (s->head + 1) & (s->capacity - 1);
        s->n--;
}

void series_clear(struct series *s)
{
        while (s->n > 0)
                drop_oldest(s);
        free(s->ring);
        free(s->last_slots);
        *s = (struct series) {};
}

static int grow(struct series *s)
{
        size_t capacity = s->capacity ? s->capacity * 2 : 16;
        struct sample *ring = calloc(capacity, sizeof(*ring));

        if (!ring)
                return -ENOMEM;
        for (size_t i = 0; i < s->n; i++)
                ring[i] = *at(s, i);
        free(s->ring);
        s->ring = ring;
        s->capacity = capacity;
        s->head = 0;
        return 0;
}

static int append(struct series *s, uint64_t keep_ns, const struct sample *sample)
{
        int r;

        /* One sample from before the span stays: differences over the whole span start there. */
        while (s->n > 1 && at(s, 1)->time_ns + keep_ns <= sample->time_ns)
                drop_oldest(s);

        if (s->n == s->capacity) {
                r = grow(s);
                if (r < 0)
                        return r;
        }
        s->ring[(s->head + s->n) & (s->capacity - 1)] = *sample;
        s->n++;
        return 0;
}

/* Nobody looked for longer than we keep: what happened in between belongs to no window. */
static void forget_after_gap(struct series *s, uint64_t keep_ns, uint64_t now_ns)
{
        const struct sample *newest = series_newest(s);

        if (newest && newest->time_ns + keep_ns < now_ns)
                while (s->n > 0)
                        drop_oldest(s);
}

int series_put_gauge(struct series *s, uint64_t keep_ns, uint64_t now_ns, double value)
{
        return append(s, keep_ns, &(struct sample) { .time_ns = now_ns, .value = value });
}

int series_put_counter(struct series *s, uint64_t keep_ns, uint64_t now_ns, double total)
{
        const struct sample *newest;
        struct sample sample = { .time_ns = now_ns };
        double raw = s->last_raw;

        forget_after_gap(s, keep_ns, now_ns);
        newest = series_newest(s);
        s->last_raw = total;

        /* A total that went down was started anew: all of it is new. */
        if (newest)
                sample.value = newest->value + (total >= raw ? total - raw : total);
        return append(s, keep_ns, &sample);
}

/* How much came since the last total, by the same reasoning. */
static uint64_t grown(uint64_t now, uint64_t before)
{
        return now >= before ? now - before : now;
}

static int collect_deltas(struct series *s, const uint64_t *slots, uint32_t n_slots, struct sample *sample)
{
        struct slot_delta deltas[TRIMTAB_HIST_SLOTS];

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                uint64_t d = grown(i < n_slots ? slots[i] : 0, s->last_slots[i]);

                if (d > 0)
                        deltas[sample->n_deltas++] =
                                (struct slot_delta) { i, d > UINT32_MAX ? UINT32_MAX : (uint32_t) d };
        }
        if (sample->n_deltas == 0)
                return 0;

        sample->deltas = malloc(sample->n_deltas * sizeof(deltas[0]));
        if (!sample->deltas)
                return -ENOMEM;
        memcpy(sample->deltas, deltas, sample->n_deltas * sizeof(deltas[0]));
        return 0;
}

static double estimated_sum(const struct sample *sample)
{
        double sum = 0;

        for (uint32_t i = 0; i < sample->n_deltas; i++)
                sum += histogram_middle(sample->deltas[i].slot) * sample->deltas[i].count;
        return sum;
}

int series_put_histogram(struct series *s, uint64_t keep_ns, uint64_t now_ns, const uint64_t *slots, uint32_t n_slots,
                         double sum)
{
        struct sample sample = { .time_ns = now_ns };
        int r;

        if (n_slots > TRIMTAB_HIST_SLOTS)
                n_slots = TRIMTAB_HIST_SLOTS;
        if (!s->last_slots) {
                s->last_slots = calloc(TRIMTAB_HIST_SLOTS, sizeof(*s->last_slots));
                if (!s->last_slots)
                        return -ENOMEM;
        }

        forget_after_gap(s, keep_ns, now_ns);
        if (s->n > 0) {
                r = collect_deltas(s, slots, n_slots, &sample);
                if (r < 0)
                        return r;
                sample.value = isnan(sum) || isnan(s->last_raw) || sum < s->last_raw ? estimated_sum(&sample)
                                                                                     : sum - s->last_raw;
        }

        r = append(s, keep_ns, &sample);
        if (r < 0) {
                free(sample.deltas);
                return r;
        }

        memset(s->last_slots, 0, TRIMTAB_HIST_SLOTS * sizeof(*s->last_slots));
        memcpy(s->last_slots, slots, n_slots * sizeof(*slots));
        s->last_raw = sum;
        return 0;
}

/* Index of the first sample inside (now - window, now]; n when there is none. */
static size_t window_begin(const struct series *s, uint64_t window_ns, uint64_t now_ns)
{
        uint64_t from = now_ns > window_ns ? now_ns - window_ns : 0;
        size_t i = s->n;

        while (i > 0 && at(s, i - 1)->time_ns > from)
                i--;
        return i;
}

static int gauge_stat(const struct series *s, size_t begin, enum statistic stat, double *ret)
{
        double sum = 0, low = INFINITY, high = -INFINITY;

        for (size_t i = begin; i < s->n; i++) {
                double v = at(s, i)->value;

                sum += v;
                low = fmin(low, v);
                high = fmax(high, v);
        }

        if (stat == STAT_LAST)
                *ret = at(s, s->n - 1)->value;
        else if (stat == STAT_AVG)
                *ret = sum / (double) (s->n - begin);
        else if (stat == STAT_MIN)
                *ret = low;
        else if (stat == STAT_MAX)
                *ret = high;
        else
                return -EINVAL;
        return 0;
}

static int counter_stat(const struct series *s, size_t begin, enum statistic stat, double *ret)
{
        const struct sample *from, *to = at(s, s->n - 1);

        if (stat == STAT_LAST) {
                *ret = s->last_raw;
                return 0;
        }
        if (stat != STAT_RATE)
                return -EINVAL;

        from = at(s, begin > 0 ? begin - 1 : 0);
        if (from->time_ns >= to->time_ns)
                return -ENODATA;
        *ret = (to->value - from->value) * 1e9 / (double) (to->time_ns - from->time_ns);
        return 0;
}

static int histogram_stat(const struct series *s, size_t begin, enum statistic stat, double *ret)
{
        static const double quantiles[STAT_N] = {
                [STAT_P50] = 0.5, [STAT_P90] = 0.9, [STAT_P95] = 0.95, [STAT_P99] = 0.99, [STAT_P999] = 0.999,
        };
        struct histogram h = {};

        for (size_t i = begin; i < s->n; i++) {
                const struct sample *sample = at(s, i);

                h.sum += sample->value;
                for (uint32_t j = 0; j < sample->n_deltas; j++) {
                        h.slots[sample->deltas[j].slot] += sample->deltas[j].count;
                        h.count += sample->deltas[j].count;
                }
        }

        /* The first sample of all only says where counting starts. */
        if (begin == s->n - 1 && begin == 0)
                return -ENODATA;
        if (stat == STAT_COUNT) {
                *ret = (double) h.count;
                return 0;
        }
        if (h.count == 0)
                return -ENODATA;
        if (stat == STAT_MEAN) {
                *ret = h.sum / (double) h.count;
                return 0;
        }
        if (stat == STAT_MAX)
                return histogram_max(&h, ret);
        if (quantiles[stat] > 0)
                return histogram_quantile(&h, quantiles[stat], ret);
        return -EINVAL;
}

int series_stat(const struct series *s, uint32_t kind, enum statistic stat, uint64_t window_ns, uint64_t now_ns,
                double *ret)
{
        size_t begin = window_begin(s, window_ns, now_ns);

        if (begin == s->n)
                return -ENODATA;
        if (kind == TRIMTAB_GAUGE)
                return gauge_stat(s, begin, stat, ret);
        if (kind == TRIMTAB_COUNTER)
                return counter_stat(s, begin, stat, ret);
        return histogram_stat(s, begin, stat, ret);
}

size_t series_size(const struct series *s)
{
        size_t size = s->capacity * sizeof(*s->ring);

        if (s->last_slots)
                size += TRIMTAB_HIST_SLOTS * sizeof(*s->last_slots);
        for (size_t i = 0; i < s->n; i++)
                size += at(s, i)->n_deltas * sizeof(struct slot_delta);
        return size;
}
