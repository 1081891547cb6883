/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_STATE_H
#define SCHED_STATE_H

/* The metrics, and the plugin while it is open. */

#include <stdint.h>

#include <trimtab/plugin.h>

#include "counters.h"
#include "groups.h"
#include "load.h"
#include "view.h"

enum sched_metric {
        METRIC_LATENCY,
        METRIC_RUNTIME,
        METRIC_SWITCHES,
        METRIC_PREEMPTIONS,
        METRIC_MIGRATIONS,
        METRIC_CYCLES, /* these two: counters[0] and [1] */
        METRIC_INSTRUCTIONS,
        METRIC_CPU_LATENCY,
        METRIC_CPU_RUNTIME,
        _METRIC_MAX,
};

#define SCHED_N_COUNTERS 2

/* What a metric reads from the totals, and the programs (bits of enum sched_program) that it cannot do
 * without. */
struct sched_source {
        enum sched_count count; /* of a histogram: its sum */
        uint32_t programs;
};

extern const struct sched_source sched_sources[_METRIC_MAX];

/* A CPU as an object of metrics. */
struct sched_cpu_object {
        uint32_t metrics; /* bit n: metric number n is wanted for it */
        struct sched_account account;
        uint64_t runtime_told; /* ns; what has been emitted must not fall */
};

/* The plugin's self. */
struct sched {
        const struct trimtab_host *host;
        struct sched_sizes sizes;
        struct sched_programs programs;
        struct sched_view view;
        struct sched_groups groups;
        struct sched_counter counters[SCHED_N_COUNTERS];
        struct sched_cpu_object *cpus;
        uint32_t available; /* bit n: metric number n can be had */
};

#endif
