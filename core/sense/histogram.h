/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HISTOGRAM_H
#define TRIMTAB_HISTOGRAM_H

#include <stdint.h>

#include <trimtab/bpf/histogram.h>

/* What fell into a window, summed up from its samples. */
struct histogram {
        uint64_t slots[TRIMTAB_HIST_SLOTS];
        uint64_t count;
        double sum; /* of all values; from the slots' middles where the plugin does not keep it */
};

/* The middle of a slot: what a value in it is taken for. */
double histogram_middle(uint32_t slot);

/* q in 0..1, interpolated inside the slot. -ENODATA when empty. */
int histogram_quantile(const struct histogram *h, double q, double *ret);

/* The upper end of the highest slot in use. -ENODATA */
int histogram_max(const struct histogram *h, double *ret);

#endif
