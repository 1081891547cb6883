/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_TOTALS_H
#define SCHED_TOTALS_H

/* Running totals of a cgroup or CPU in 64 bits, kept up from the kernel's, which wrap and change hands. */

#include <stdint.h>

#include "sched.h"

struct sched_totals {
        uint64_t latency[TRIMTAB_HIST_SLOTS];
        uint64_t counts[_SCHED_COUNT_MAX];
};

/* A source that is followed since `last` was read from it. */
struct sched_account {
        struct sched_stats last;
        struct sched_totals totals;
};

/* Adds to a->totals what `now` shows more than at the last call. */
void sched_account_advance(struct sched_account *a, const struct sched_stats *now);

/* sum += part */
void sched_totals_add(struct sched_totals *sum, const struct sched_totals *part);

/* sum += part, each field wrapping at its own width */
void sched_stats_add(struct sched_stats *sum, const struct sched_stats *part);

#endif
