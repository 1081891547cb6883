/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TEST_SCHED_REFERENCE_H
#define TEST_SCHED_REFERENCE_H

#include <trimtab/bpf/histogram.h>

/* What the reference saw of one cgroup. */
struct reference {
        trimtab_u64 latency[TRIMTAB_HIST_SLOTS]; /* ns */
        trimtab_u64 latency_sum;
        trimtab_u64 migrations;        /* in all */
        trimtab_u64 queued_migrations; /* of tasks that waited */
};

#endif
