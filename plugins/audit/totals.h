/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_TOTALS_H
#define AUDIT_TOTALS_H

/* Running totals in 64 bits, kept up from the kernel's, which wrap and change hands. */

#include <stdint.h>

#include "audit.h"

struct audit_totals {
        uint64_t counts[_AUDIT_COUNT_MAX];
        uint64_t sums[AUDIT_TIMED];
        uint64_t latency[AUDIT_TIMED][TRIMTAB_HIST_SLOTS];
};

/* A cgroup that is followed since `last` was read. */
struct audit_account {
        struct audit_stats last;
        struct audit_totals totals;
};

/* Adds to a->totals what `now` shows more than at the last call. */
void audit_account_advance(struct audit_account *a, const struct audit_stats *now);

/* sum += part */
void audit_totals_add(struct audit_totals *sum, const struct audit_totals *part);

/* sum += part, each field wrapping at its own width */
void audit_stats_add(struct audit_stats *sum, const struct audit_stats *part);

/* The same three for a watched path; there is nothing to add up but CPUs' shares. */
struct audit_file_totals {
        uint64_t counts[_AUDIT_FILE_COUNT_MAX];
        uint64_t sums[AUDIT_FILE_TIMED];
        uint64_t latency[AUDIT_FILE_TIMED][TRIMTAB_HIST_SLOTS];
};

struct audit_file_account {
        struct audit_file_stats last;
        struct audit_file_totals totals;
};

void audit_file_account_advance(struct audit_file_account *a, const struct audit_file_stats *now);
void audit_file_stats_add(struct audit_file_stats *sum, const struct audit_file_stats *part);

#endif
