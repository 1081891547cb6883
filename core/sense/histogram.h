/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HISTOGRAM_H
#define TRIMTAB_HISTOGRAM_H

#include <stdint.h>

#include <trimtab/bpf/histogram.h>

/* Eight slots are a power of two: to find a quantile, one looks at the sums of these first. */
enum { HISTOGRAM_OCTAVE = 8, HISTOGRAM_OCTAVES = TRIMTAB_HIST_SLOTS / HISTOGRAM_OCTAVE };

/*
 * What fell into a window, summed up from its samples. There are thousands of them: a slot counts modulo 2^32. Should more be in
 * one, a quantile is right to the octave until they have left again.
 */
struct histogram {
        uint64_t count;
        uint64_t octaves[HISTOGRAM_OCTAVES];
        uint32_t slots[TRIMTAB_HIST_SLOTS];
};

/* slot below TRIMTAB_HIST_SLOTS; only what was added can be taken away. */
void histogram_add(struct histogram *h, uint32_t slot, uint32_t count);
void histogram_subtract(struct histogram *h, uint32_t slot, uint32_t count);

/* The middle of a slot: what a value in it is taken for. */
double histogram_middle(uint32_t slot);

/* q in 0..1, interpolated inside the slot. -ENODATA when empty. */
int histogram_quantile(const struct histogram *h, double q, double *ret);

/* The upper end of the highest slot in use. -ENODATA */
int histogram_max(const struct histogram *h, double *ret);

#endif
