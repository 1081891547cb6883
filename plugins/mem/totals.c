/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "totals.h"

void mem_account_advance(struct mem_account *a, const struct mem_reading *now)
{
        for (uint32_t s = 0; s < _MEM_STALL_MAX; s++) {
                /* Nothing has come, as in most ticks of most cgroups. What has been counted and not yet added is there next time. */
                if (now->stats.stalled_ns[s] == a->last.stats.stalled_ns[s])
                        continue;
                a->totals.stalled_ns[s] += now->stats.stalled_ns[s] - a->last.stats.stalled_ns[s];
                a->last.stats.stalled_ns[s] = now->stats.stalled_ns[s];
                for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                        a->totals.latency[s][i] +=
                                (uint32_t) (now->stats.latency[s][i] - a->last.stats.latency[s][i]);
                        a->last.stats.latency[s][i] = now->stats.latency[s][i];
                }
        }
        a->totals.reclaimed += now->stats.reclaimed - a->last.stats.reclaimed;
        a->last.stats.reclaimed = now->stats.reclaimed;
        a->totals.allocated += now->allocated - a->last.allocated;
        a->last.allocated = now->allocated;
}

void mem_totals_add(struct mem_totals *sum, const struct mem_totals *part)
{
        for (uint32_t s = 0; s < _MEM_STALL_MAX; s++) {
                sum->stalled_ns[s] += part->stalled_ns[s];
                for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                        sum->latency[s][i] += part->latency[s][i];
        }
        sum->reclaimed += part->reclaimed;
        sum->allocated += part->allocated;
}

void mem_reading_add(struct mem_reading *sum, const struct mem_stats *stats, uint64_t allocated)
{
        for (uint32_t s = 0; s < _MEM_STALL_MAX; s++) {
                sum->stats.stalled_ns[s] += stats->stalled_ns[s];
                for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                        sum->stats.latency[s][i] += stats->latency[s][i];
        }
        sum->stats.reclaimed += stats->reclaimed;
        sum->allocated += allocated;
}
