/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "histogram.h"

#include <errno.h>

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

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                double in = (double) h->slots[i];

                if (in > 0 && below + in >= rank) {
                        *ret = (double) trimtab_hist_lower(i) + (width(i) - 1) * (rank - below) / in;
                        return 0;
                }
                below += in;
        }
        return -ENODATA;
}

int histogram_max(const struct histogram *h, double *ret)
{
        for (uint32_t i = TRIMTAB_HIST_SLOTS; i-- > 0;)
                if (h->slots[i] > 0) {
                        *ret = (double) trimtab_hist_lower(i) + width(i) - 1;
                        return 0;
                }
        return -ENODATA;
}
