/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "sense/store.h"

#define KIND(k) (1u << (k))

static const struct {
        const char *name;
        uint32_t kinds; /* KIND() of the metrics it can be taken of */
} statistics[STAT_N] = {
        [STAT_LAST] = { "last", KIND(TRIMTAB_GAUGE) },
        [STAT_AVG] = { "avg", KIND(TRIMTAB_GAUGE) },
        [STAT_MIN] = { "min", KIND(TRIMTAB_GAUGE) },
        [STAT_MAX] = { "max", KIND(TRIMTAB_GAUGE) | KIND(TRIMTAB_HISTOGRAM) },
        [STAT_RATE] = { "rate", KIND(TRIMTAB_COUNTER) },
        [STAT_P50] = { "p50", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_P90] = { "p90", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_P95] = { "p95", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_P99] = { "p99", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_P999] = { "p999", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_MEAN] = { "mean", KIND(TRIMTAB_HISTOGRAM) },
        [STAT_COUNT] = { "count", KIND(TRIMTAB_HISTOGRAM) },
};

const char *statistic_name(enum statistic s)
{
        return statistics[s].name;
}

int statistic_find(const char *name, size_t length)
{
        for (int i = 0; i < STAT_N; i++)
                if (strlen(statistics[i].name) == length && memcmp(statistics[i].name, name, length) == 0)
                        return i;
        return -ENOENT;
}

int statistic_fits(enum statistic s, uint32_t kind)
{
        return kind < 32 && (statistics[s].kinds & KIND(kind)) != 0;
}

void statistic_dimension(enum statistic s, const struct metric *m, enum dimension *ret, double *ret_factor)
{
        if (s == STAT_COUNT) {
                *ret = DIMENSION_NONE;
                *ret_factor = 1;
        } else if (s == STAT_RATE && m->dimension == DIMENSION_TIME) {
                /* Time in a second of time: a share of it. */
                *ret = DIMENSION_RATIO;
                *ret_factor = m->factor / 1e9;
        } else {
                *ret = m->dimension;
                *ret_factor = m->factor;
        }
}
