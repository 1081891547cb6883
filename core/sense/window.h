/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WINDOW_H
#define TRIMTAB_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "sense/histogram.h"

/*
 * The last so many seconds of a series. What the samples in it come to is kept up as they enter and leave, so that a
 * statistic costs the same however many there are; all statistics over the same length share one window.
 */

struct series;

struct sample {
        uint64_t time_ns;
        double value; /* gauge: as it came; counter: total since the first sample; histogram: sum of what came */
};

/* The least or the most that ever entered, and which sample that was. */
struct extreme {
        double value;
        uint64_t number;
};

struct window {
        uint64_t length_ns;          /* 0: not in use */
        uint64_t now_ns;             /* to where it has slid */
        uint64_t leaves_ns;          /* when the next sample leaves it; UINT64_MAX: none does */
        uint64_t asked_ns;           /* when somebody last looked through it */
        uint64_t begin, end;         /* the samples in it, by number: see struct series */
        double sum;                  /* of their values */
        struct sample base;          /* from where its differences count: the sample before it, or its first */
        struct histogram *histogram; /* NULL: the series has none */
        struct extreme low, high;    /* stale when the sample has left: see window_range */
        struct window *next;
};

/* w is {0}, or was cleared. -ENOMEM. */
int window_init(struct window *w, const struct series *s, uint64_t length_ns);
void window_clear(struct window *w); /* also of {0}; w->next stays */

/* Slides it to now: what came since enters, what is older than its length leaves. To an earlier time it begins anew. */
void window_slide(struct window *w, const struct series *s, uint64_t now_ns);

/* To be called before the series drops its oldest sample. */
void window_forget_oldest(struct window *w, const struct series *s);

/* The least and the most of its values; it is not empty. */
void window_range(struct window *w, const struct series *s, double *ret_low, double *ret_high);

size_t window_size(const struct window *w); /* bytes it holds besides itself */

#endif
