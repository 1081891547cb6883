/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_METRICS_H
#define XDP_METRICS_H

#include "state.h"

/* What is measured, and its telling to the host. */

#define XDP_N_METRICS 24
extern const struct trimtab_metric xdp_metrics[XDP_N_METRICS];

/* Of all interfaces, queues, filters, sources and CPUs. The first error; the rest is emitted all the same. */
int metrics_emit(struct xdp *x);

#endif
