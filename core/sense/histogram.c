/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "histogram.h"

#include <errno.h>

_Static_assert(TRIMTAB_HIST_SLOTS % HISTOGRAM_OCTAVE == 0, "every slot is in an octave");

void histogram_add(struct histogram *h, uint32_t slot, uint32_t count)
{
        h->count += count;
        h->octaves[slot / HISTOGRAM_OCTAVE] += count;
        h->slots[slot] += count;
}

void histogram_subtract(struct histogram *h, uint32_t slot, uint32_t count)
{
        h->count -= count;
        h->octaves[slot / HISTOGRAM_OCTAVE] -= count;
        h->slots[slot] -= count;
}

static double width(uint32_t slot)
{
        return slot < 8 ? 1 : (double) (1ull << (slot / 8 - 1));
}

double histogram_middle(uint32_t slot)
{
        return (double) trimtab_hist_lower(slot) + (width(slot) - 1) / 2;
}

int histogram_quantile(const struct histogram *h, double q, double *ret)
{
        double rank = q * (double) h->count, below = 0;
        uint32_t octave = 0;

        while (octave < HISTOGRAM_OCTAVES &&
               (h->octaves[octave] == 0 || below + (double) h->octaves[octave] < rank))
                below += (double) h->octaves[octave++];

        if (octave == HISTOGRAM_OCTAVES)
                return -ENODATA;

        for (uint32_t i = octave * HISTOGRAM_OCTAVE; i < (octave + 1) * HISTOGRAM_OCTAVE; i++) {
                double in = h->slots[i];

                if (in > 0 && below + in >= rank) {
                        *ret = (double) trimtab_hist_lower(i) + (width(i) - 1) * (rank - below) / in;
                        return 0;
                }
                below += in;
        }
        *ret = (double) trimtab_hist_lower(octave * HISTOGRAM_OCTAVE);
        return 0;
}

int histogram_max(const struct histogram *h, double *ret)
{
        for (uint32_t i = TRIMTAB_HIST_SLOTS; i-- > 0;)
                if (h->octaves[i / HISTOGRAM_OCTAVE] > 0 && h->slots[i] > 0) {
                        *ret = (double) trimtab_hist_lower(i) + width(i) - 1;
                        return 0;
                }
        return -ENODATA;
}
