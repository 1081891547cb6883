/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_TOTALS_H
#define BLOCK_TOTALS_H

/* Totals that do not wrap, out of the kernel side's that do. */

#include "block.h"

struct block_totals {
        uint64_t slots[_BLOCK_LATENCY_MAX][TRIMTAB_HIST_SLOTS];
        uint64_t sums[_BLOCK_LATENCY_MAX]; /* ns */
        uint64_t untimed[BLOCK_N_KINDS];
        uint64_t read_bytes, write_bytes;
        uint64_t merges, errors;
};

struct block_account {
        struct block_totals totals;
        struct block_stats last; /* what has been added so far */
};

/* Adds what has come since. */
void block_account_advance(struct block_account *a, const struct block_stats *now);

void block_totals_add(struct block_totals *sum, const struct block_totals *part);
void block_stats_add(struct block_stats *sum, const struct block_stats *part);

#endif
