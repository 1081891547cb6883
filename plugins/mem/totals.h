/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_TOTALS_H
#define MEM_TOTALS_H

/* Running totals of a cgroup in 64 bits, kept up from the kernel's, which wrap and change hands. */

#include <stdint.h>

#include "mem.h"

struct mem_totals {
        uint64_t stalled_ns[_MEM_STALL_MAX];
        uint64_t reclaimed; /* pages */
        uint64_t allocated; /* pages */
        uint64_t latency[_MEM_STALL_MAX][TRIMTAB_HIST_SLOTS];
};

/* What a cgroup has in the kernel, as read. */
struct mem_reading {
        struct mem_stats stats;
        uint64_t allocated;
};

/* A source that is followed since `last` was read from it. */
struct mem_account {
        struct mem_reading last;
        struct mem_totals totals;
};

/* Adds to a->totals what `now` shows more than at the last call. */
void mem_account_advance(struct mem_account *a, const struct mem_reading *now);

/* sum += part */
void mem_totals_add(struct mem_totals *sum, const struct mem_totals *part);

/* sum += part, each field wrapping at its own width */
void mem_reading_add(struct mem_reading *sum, const struct mem_stats *stats, uint64_t allocated);

#endif
