/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_PLUGINS_NEAR_H
#define TEST_PLUGINS_NEAR_H

/* How tests of plugins compare what was measured with what another program says. After cmocka.h. */

#include <stdint.h>

#include <trimtab/bpf/histogram.h>

static inline uint64_t total(const uint64_t *slots)
{
        uint64_t n = 0;

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                n += slots[i];
        return n;
}

/* The power-of-two slot of a percentile. */
static inline int percentile(const uint64_t *slots, double p)
{
        uint64_t rank = (uint64_t) (p * (double) total(slots)), n = 0;

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                n += slots[i];
                if (n > rank)
                        return (int) trimtab_log2(trimtab_hist_lower(i) | 1);
        }
        return -1;
}

static inline void assert_near(double value, double expected, double tolerance)
{
        if (!(value >= expected * (1 - tolerance) && value <= expected * (1 + tolerance)))
                fail_msg("%.0f is not within %.0f %% of %.0f", value, tolerance * 100, expected);
}

#endif
