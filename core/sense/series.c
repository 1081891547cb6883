/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "series.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sense/histogram.h"
#include "util/cleanup.h"

/* Rules seldom look through more than two; of people who look, the one who looked longest ago gives way. */
enum { WINDOWS_MAX = 6 };

static void drop_oldest(struct series *s)
{
        for (struct window *w = &s->window; w; w = w->next)
                if (w->length_ns > 0)
                        window_forget_oldest(w, s);
        if (s->deltas) {
                struct deltas **deltas = &s->deltas[s->begin & (s->capacity - 1)];

                free(*deltas);
                *deltas = NULL;
        }
        s->begin++;
}

void series_clear(struct series *s)
{
        while (s->begin < s->end)
                drop_oldest(s);
        window_clear(&s->window);
        for (struct window *w = s->window.next, *next; w; w = next) {
                next = w->next;
                window_clear(w);
                free(w);
        }
        free(s->ring);
        free(s->deltas);
        free(s->last_slots);
        *s = (struct series) {};
}

static int grow(struct series *s, bool with_deltas)
{
        size_t capacity = s->capacity ? s->capacity * 2 : 16;
        _cleanup_free_ struct sample *ring = calloc(capacity, sizeof(*ring));
        struct deltas **deltas = with_deltas ? calloc(capacity, sizeof(*deltas)) : NULL;

        if (!ring || (with_deltas && !deltas)) {
                free(deltas);
                return -ENOMEM;
        }
        for (uint64_t i = s->begin; i < s->end; i++) {
                ring[i & (capacity - 1)] = *series_at(s, i);
                if (deltas)
                        deltas[i & (capacity - 1)] = s->deltas[i & (s->capacity - 1)];
        }
        free(s->ring);
        free(s->deltas);
        s->ring = TAKE(ring);
        s->deltas = deltas;
        s->capacity = capacity;
        return 0;
}

/* A window that nobody looked through for as long as samples are kept costs more than it would to make it again. */
static void slide_windows(struct series *s, uint64_t keep_ns, uint64_t now_ns)
{
        for (struct window **at = &s->window.next; *at;) {
                struct window *w = *at;

                if (w->asked_ns + keep_ns < now_ns) {
                        *at = w->next;
                        window_clear(w);
                        free(w);
                        continue;
                }
                window_slide(w, s, now_ns);
                at = &w->next;
        }
        if (s->window.length_ns == 0)
                return;
        if (s->window.asked_ns + keep_ns < now_ns)
                window_clear(&s->window);
        else
                window_slide(&s->window, s, now_ns);
}

/* Takes over deltas, also when it fails; NULL: not a histogram. */
static int append(struct series *s, uint64_t keep_ns, struct sample sample, bool with_deltas, struct deltas *deltas)
{
        int r;

        /* One sample from before the span stays: differences over the whole span start there. */
        while (s->end - s->begin > 1 && series_at(s, s->begin + 1)->time_ns + keep_ns <= sample.time_ns)
                drop_oldest(s);

        if (s->end - s->begin == s->capacity) {
                r = grow(s, with_deltas);
                if (r < 0) {
                        free(deltas);
                        return r;
                }
        }
        if (with_deltas)
                s->deltas[s->end & (s->capacity - 1)] = deltas;
        s->ring[s->end & (s->capacity - 1)] = s->newest = sample;
        s->end++;
        slide_windows(s, keep_ns, sample.time_ns);
        return 0;
}

/* Nobody looked for longer than we keep: what happened in between belongs to no window. */
static void forget_after_gap(struct series *s, uint64_t keep_ns, uint64_t now_ns)
{
        const struct sample *newest = series_newest(s);

        if (newest && newest->time_ns + keep_ns < now_ns)
                while (s->begin < s->end)
                        drop_oldest(s);
}

int series_put_gauge(struct series *s, uint64_t keep_ns, uint64_t now_ns, double value)
{
        return append(s, keep_ns, (struct sample) { .time_ns = now_ns, .value = value }, false, NULL);
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
        return append(s, keep_ns, sample, false, NULL);
}

/* How much came since the last total, by the same reasoning. */
static uint64_t grown(uint64_t now, uint64_t before)
{
        return now >= before ? now - before : now;
}

/* Brings the last totals up to date, and tells what changed. *ret NULL: nothing. */
static int collect_deltas(struct series *s, const uint64_t *slots, uint32_t n_slots, struct deltas **ret)
{
        struct slot_delta items[TRIMTAB_HIST_SLOTS];
        uint64_t now[HISTOGRAM_OCTAVE];
        uint32_t n = 0;

        for (uint32_t first = 0; first < TRIMTAB_HIST_SLOTS; first += HISTOGRAM_OCTAVE) {
                uint64_t *last = &s->last_slots[first];

                for (uint32_t i = 0; i < HISTOGRAM_OCTAVE; i++)
                        now[i] = first + i < n_slots ? slots[first + i] : 0;
                /* Most of them stay: a load moves in a few powers of two. */
                if (memcmp(now, last, sizeof(now)) == 0)
                        continue;
                for (uint32_t i = 0; i < HISTOGRAM_OCTAVE; i++) {
                        uint64_t d = grown(now[i], last[i]);

                        if (d > 0)
                                items[n++] = (struct slot_delta) { first + i, d > UINT32_MAX ? UINT32_MAX : (uint32_t) d };
                }
                memcpy(last, now, sizeof(now));
        }

        *ret = NULL;
        if (n == 0)
                return 0;
        *ret = malloc(sizeof(**ret) + n * sizeof(items[0]));
        if (!*ret)
                return -ENOMEM;
        (*ret)->n = n;
        memcpy((*ret)->items, items, n * sizeof(items[0]));
        return 0;
}

static double estimated_sum(const struct deltas *deltas)
{
        double sum = 0;

        for (uint32_t i = 0; deltas && i < deltas->n; i++)
                sum += histogram_middle(deltas->items[i].slot) * deltas->items[i].count;
        return sum;
}

int series_put_histogram(struct series *s, uint64_t keep_ns, uint64_t now_ns, const uint64_t *slots, uint32_t n_slots,
                         double sum)
{
        struct sample sample = { .time_ns = now_ns };
        struct deltas *deltas = NULL;
        double raw = s->last_raw;
        int r;

        if (n_slots > TRIMTAB_HIST_SLOTS)
                n_slots = TRIMTAB_HIST_SLOTS;
        if (!s->last_slots) {
                s->last_slots = calloc(TRIMTAB_HIST_SLOTS, sizeof(*s->last_slots));
                if (!s->last_slots)
                        return -ENOMEM;
        }

        forget_after_gap(s, keep_ns, now_ns);
        s->last_raw = sum;
        r = collect_deltas(s, slots, n_slots, &deltas);
        if (r < 0)
                return r;

        /* The first only says where counting starts. */
        if (s->begin == s->end) {
                free(deltas);
                deltas = NULL;
        } else {
                sample.value = isnan(sum) || isnan(raw) || sum < raw ? estimated_sum(deltas) : sum - raw;
        }
        return append(s, keep_ns, sample, true, deltas);
}

/* The window of that length, made if need be; NULL: out of memory. */
static struct window *find_window(struct series *s, uint64_t length_ns)
{
        struct window *w, *oldest = &s->window;
        size_t n = 0;

        for (w = &s->window; w && w->length_ns > 0; w = w->next, n++) {
                if (w->length_ns == length_ns)
                        return w;
                if (w->asked_ns < oldest->asked_ns)
                        oldest = w;
        }
        if (!w && n < WINDOWS_MAX) {
                w = calloc(1, sizeof(*w));
                if (!w)
                        return NULL;
                w->next = s->window.next;
                s->window.next = w;
        } else if (!w) {
                window_clear(oldest);
                w = oldest;
        }
        return window_init(w, s, length_ns) < 0 ? NULL : w;
}

static int gauge_stat(const struct series *s, struct window *w, enum statistic stat, double *ret)
{
        double low, high;

        if (stat == STAT_LAST) {
                *ret = s->newest.value;
                return 0;
        }
        if (stat == STAT_AVG) {
                *ret = w->sum / (double) (w->end - w->begin);
                return 0;
        }
        if (stat != STAT_MIN && stat != STAT_MAX)
                return -EINVAL;
        window_range(w, s, &low, &high);
        *ret = stat == STAT_MIN ? low : high;
        return 0;
}

static int counter_stat(const struct series *s, const struct window *w, enum statistic stat, double *ret)
{
        if (stat == STAT_LAST) {
                *ret = s->last_raw;
                return 0;
        }
        if (stat != STAT_RATE)
                return -EINVAL;
        if (w->base.time_ns >= s->newest.time_ns)
                return -ENODATA;
        *ret = (s->newest.value - w->base.value) * 1e9 / (double) (s->newest.time_ns - w->base.time_ns);
        return 0;
}

static int histogram_stat(const struct series *s, const struct window *w, enum statistic stat, double *ret)
{
        static const double quantiles[STAT_N] = {
                [STAT_P50] = 0.5, [STAT_P90] = 0.9, [STAT_P95] = 0.95, [STAT_P99] = 0.99, [STAT_P999] = 0.999,
        };
        const struct histogram *h = w->histogram;

        /* The first sample of all only says where counting starts. */
        if (s->end - s->begin == 1)
                return -ENODATA;
        if (stat == STAT_COUNT) {
                *ret = (double) h->count;
                return 0;
        }
        if (h->count == 0)
                return -ENODATA;
        if (stat == STAT_MEAN) {
                *ret = w->sum / (double) h->count;
                return 0;
        }
        if (stat == STAT_MAX)
                return histogram_max(h, ret);
        if (quantiles[stat] > 0)
                return histogram_quantile(h, quantiles[stat], ret);
        return -EINVAL;
}

int series_stat(struct series *s, uint32_t kind, enum statistic stat, uint64_t window_ns, uint64_t now_ns, double *ret)
{
        struct window *w;

        if (s->begin == s->end || window_ns == 0)
                return -ENODATA;
        w = s->window.length_ns == window_ns ? &s->window : find_window(s, window_ns);
        if (!w)
                return -ENOMEM;
        window_slide(w, s, now_ns);
        w->asked_ns = now_ns;

        if (w->begin == w->end)
                return -ENODATA;
        if (kind == TRIMTAB_GAUGE)
                return gauge_stat(s, w, stat, ret);
        if (kind == TRIMTAB_COUNTER)
                return counter_stat(s, w, stat, ret);
        return histogram_stat(s, w, stat, ret);
}

size_t series_size(const struct series *s)
{
        size_t size = s->capacity * (sizeof(*s->ring) + (s->deltas ? sizeof(*s->deltas) : 0));

        if (s->last_slots)
                size += TRIMTAB_HIST_SLOTS * sizeof(*s->last_slots);
        for (uint64_t i = s->begin; i < s->end; i++)
                size += series_deltas(s, i) ? sizeof(struct deltas) + series_deltas(s, i)->n * sizeof(struct slot_delta) : 0;
        for (const struct window *w = &s->window; w; w = w->next)
                size += window_size(w) + (w == &s->window ? 0 : sizeof(*w));
        return size;
}
