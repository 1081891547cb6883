/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "totals.h"

/* Of totals and of what the kernel side has: both have the same fields. */
#define ADD_NUMBERS(sum, part, sign)                                                                         \
        do {                                                                                                 \
                for (uint32_t i = 0; i < _BLOCK_LATENCY_MAX; i++)                                            \
                        (sum)->sums[i] += sign(part)->sums[i];                                               \
                for (uint32_t i = 0; i < BLOCK_N_KINDS; i++)                                                 \
                        (sum)->untimed[i] += sign(part)->untimed[i];                                         \
                (sum)->read_bytes += sign(part)->read_bytes;                                                 \
                (sum)->write_bytes += sign(part)->write_bytes;                                               \
                (sum)->merges += sign(part)->merges;                                                         \
                (sum)->errors += sign(part)->errors;                                                         \
        } while (0)

void block_account_advance(struct block_account *a, const struct block_stats *now)
{
        for (uint32_t i = 0; i < _BLOCK_LATENCY_MAX; i++)
                for (uint32_t j = 0; j < TRIMTAB_HIST_SLOTS; j++)
                        a->totals.slots[i][j] += (uint32_t) (now->slots[i][j] - a->last.slots[i][j]);
        ADD_NUMBERS(&a->totals, now, +);
        ADD_NUMBERS(&a->totals, &a->last, -);
        a->last = *now;
}

void block_totals_add(struct block_totals *sum, const struct block_totals *part)
{
        for (uint32_t i = 0; i < _BLOCK_LATENCY_MAX; i++)
                for (uint32_t j = 0; j < TRIMTAB_HIST_SLOTS; j++)
                        sum->slots[i][j] += part->slots[i][j];
        ADD_NUMBERS(sum, part, +);
}

void block_stats_add(struct block_stats *sum, const struct block_stats *part)
{
        for (uint32_t i = 0; i < _BLOCK_LATENCY_MAX; i++)
                for (uint32_t j = 0; j < TRIMTAB_HIST_SLOTS; j++)
                        sum->slots[i][j] += part->slots[i][j];
        ADD_NUMBERS(sum, part, +);
}
