/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sense/series.h"

/* When a sample leaves that was so many times larger than all that stays, the difference is what rounding left of it. */
#define CANCELLATION 1e6

static const struct extreme nothing_low = { INFINITY, 0 }, nothing_high = { -INFINITY, 0 };

static void begin_anew(struct window *w, uint64_t number)
{
        w->begin = w->end = number;
        w->sum = 0;
        w->low = nothing_low;
        w->high = nothing_high;
        if (w->histogram)
                *w->histogram = (struct histogram){ 0 };
}

int window_init(struct window *w, const struct series *s, uint64_t length_ns)
{
        if (s->deltas) {
                w->histogram = malloc(sizeof(*w->histogram));
                if (!w->histogram)
                        return -ENOMEM;
        }
        w->length_ns = length_ns;
        w->now_ns = 0;
        begin_anew(w, s->begin);
        return 0;
}

void window_clear(struct window *w)
{
        free(w->histogram);
        w->histogram = NULL;
        w->length_ns = 0;
}

static void widen(struct window *w, double value, uint64_t number)
{
        if (value <= w->low.value)
                w->low = (struct extreme){ value, number };
        if (value >= w->high.value)
                w->high = (struct extreme){ value, number };
}

static void enter(struct window *w, const struct series *s)
{
        uint64_t number = w->end++;
        const struct deltas *deltas = series_deltas(s, number);
        double value = series_at(s, number)->value;

        w->sum += value;
        widen(w, value, number);
        for (uint32_t i = 0; deltas && w->histogram && i < deltas->n; i++)
                histogram_add(w->histogram, deltas->items[i].slot, deltas->items[i].count);
}

static void leave(struct window *w, const struct series *s)
{
        uint64_t number = w->begin++;
        const struct deltas *deltas = series_deltas(s, number);
        double value = series_at(s, number)->value;

        for (uint32_t i = 0; deltas && w->histogram && i < deltas->n; i++)
                histogram_subtract(w->histogram, deltas->items[i].slot, deltas->items[i].count);

        /* Added up anew now and then, so that no rounding error outlives a turn of the ring; and when what leaves was
         * no number. */
        w->sum -= value;
        if (fabs(value) <= CANCELLATION * fabs(w->sum) && w->begin % s->capacity != 0)
                return;
        w->sum = 0;
        for (uint64_t i = w->begin; i < w->end; i++)
                w->sum += series_at(s, i)->value;
}

void window_slide(struct window *w, const struct series *s, uint64_t now_ns)
{
        uint64_t from_ns = now_ns > w->length_ns ? now_ns - w->length_ns : 0;

        if (now_ns >= w->now_ns && now_ns < w->leaves_ns && w->end == s->end)
                return;
        if (now_ns < w->now_ns)
                begin_anew(w, s->begin);
        w->now_ns = now_ns;

        while (w->end < s->end)
                enter(w, s);
        while (w->begin < w->end && series_at(s, w->begin)->time_ns <= from_ns)
                leave(w, s);

        w->leaves_ns = UINT64_MAX;
        if (w->begin < w->end) {
                w->leaves_ns = series_at(s, w->begin)->time_ns + w->length_ns;
                w->base = *series_at(s, w->begin > s->begin ? w->begin - 1 : w->begin);
        }
}

void window_forget_oldest(struct window *w, const struct series *s)
{
        if (w->begin != s->begin)
                return;
        if (w->begin < w->end)
                leave(w, s);
        else
                w->begin = ++w->end;
}

void window_range(struct window *w, const struct series *s, double *ret_low, double *ret_high)
{
        if (w->low.number < w->begin || w->high.number < w->begin) {
                w->low = nothing_low;
                w->high = nothing_high;
                for (uint64_t i = w->begin; i < w->end; i++)
                        widen(w, series_at(s, i)->value, i);
        }
        *ret_low = w->low.value;
        *ret_high = w->high.value;
}

size_t window_size(const struct window *w)
{
        return w->histogram ? sizeof(*w->histogram) : 0;
}
