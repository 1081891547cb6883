/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "totals.h"

static void advance_slots(uint64_t *totals, const uint32_t *now, const uint32_t *last)
{
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                totals[i] += (uint32_t) (now[i] - last[i]);
}

static void add_slots(uint32_t *sum, const uint32_t *part)
{
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                sum[i] += part[i];
}

void audit_account_advance(struct audit_account *a, const struct audit_stats *now)
{
        for (uint32_t i = 0; i < _AUDIT_COUNT_MAX; i++)
                a->totals.counts[i] += now->counts[i] - a->last.counts[i];
        for (uint32_t i = 0; i < AUDIT_TIMED; i++) {
                a->totals.sums[i] += now->sums[i] - a->last.sums[i];
                advance_slots(a->totals.latency[i], now->latency[i], a->last.latency[i]);
        }
        a->last = *now;
}

void audit_totals_add(struct audit_totals *sum, const struct audit_totals *part)
{
        for (uint32_t i = 0; i < _AUDIT_COUNT_MAX; i++)
                sum->counts[i] += part->counts[i];
        for (uint32_t i = 0; i < AUDIT_TIMED; i++) {
                sum->sums[i] += part->sums[i];
                for (uint32_t j = 0; j < TRIMTAB_HIST_SLOTS; j++)
                        sum->latency[i][j] += part->latency[i][j];
        }
}

void audit_stats_add(struct audit_stats *sum, const struct audit_stats *part)
{
        for (uint32_t i = 0; i < _AUDIT_COUNT_MAX; i++)
                sum->counts[i] += part->counts[i];
        for (uint32_t i = 0; i < AUDIT_TIMED; i++) {
                sum->sums[i] += part->sums[i];
                add_slots(sum->latency[i], part->latency[i]);
        }
}

void audit_file_account_advance(struct audit_file_account *a, const struct audit_file_stats *now)
{
        for (uint32_t i = 0; i < _AUDIT_FILE_COUNT_MAX; i++)
                a->totals.counts[i] += now->counts[i] - a->last.counts[i];
        for (uint32_t i = 0; i < AUDIT_FILE_TIMED; i++) {
                a->totals.sums[i] += now->sums[i] - a->last.sums[i];
                advance_slots(a->totals.latency[i], now->latency[i], a->last.latency[i]);
        }
        a->last = *now;
}

void audit_file_stats_add(struct audit_file_stats *sum, const struct audit_file_stats *part)
{
        for (uint32_t i = 0; i < _AUDIT_FILE_COUNT_MAX; i++)
                sum->counts[i] += part->counts[i];
        for (uint32_t i = 0; i < AUDIT_FILE_TIMED; i++) {
                sum->sums[i] += part->sums[i];
                add_slots(sum->latency[i], part->latency[i]);
        }
}
