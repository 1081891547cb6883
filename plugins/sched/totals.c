/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "totals.h"

void sched_account_advance(struct sched_account *a, const struct sched_stats *now)
{
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                a->totals.latency[i] += (uint32_t) (now->latency[i] - a->last.latency[i]);
        for (uint32_t i = 0; i < _SCHED_COUNT_MAX; i++)
                a->totals.counts[i] += now->counts[i] - a->last.counts[i];
        a->last = *now;
}

void sched_totals_add(struct sched_totals *sum, const struct sched_totals *part)
{
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                sum->latency[i] += part->latency[i];
        for (uint32_t i = 0; i < _SCHED_COUNT_MAX; i++)
                sum->counts[i] += part->counts[i];
}

void sched_stats_add(struct sched_stats *sum, const struct sched_stats *part)
{
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                sum->latency[i] += part->latency[i];
        for (uint32_t i = 0; i < _SCHED_COUNT_MAX; i++)
                sum->counts[i] += part->counts[i];
}
