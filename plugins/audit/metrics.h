/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_METRICS_H
#define AUDIT_METRICS_H

/* What the plugin measures. */

#include <stdint.h>

#include <trimtab/plugin.h>

#include "audit.h"

/* Cgroups' by class first, then the rest of theirs, then watched paths' in the order of enum audit_file_count. */
enum audit_metric {
        METRIC_CALLS,
        METRIC_LATENCY = METRIC_CALLS + _AUDIT_CLASS_MAX,
        METRIC_SYSCALLS = METRIC_LATENCY + AUDIT_TIMED,
        METRIC_EXECS,
        METRIC_FORKS,
        METRIC_FILE,
        METRIC_FILE_LATENCY = METRIC_FILE + _AUDIT_FILE_COUNT_MAX,
        METRIC_DETAILS_DROPPED = METRIC_FILE_LATENCY + AUDIT_FILE_TIMED,
        _METRIC_MAX,
        /* Not told to the host: cgroups of [watch NAME] for =, which have slots like those that a metric is wanted of. */
        METRIC_FOR = 31,
};

_Static_assert(_METRIC_MAX <= METRIC_FOR, "a set of metrics is one word");

#define METRIC_BIT(m) (1u << (m))
#define METRICS_FILE (METRIC_BIT(METRIC_DETAILS_DROPPED) - METRIC_BIT(METRIC_FILE))

extern const struct trimtab_metric audit_metrics[_METRIC_MAX];

/* The programs (bits of enum audit_program) that each cannot do without. */
extern const uint32_t audit_uses[_METRIC_MAX];

#endif
