/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_METRICS_H
#define XDP_METRICS_H

#include "state.h"

/* What is measured, and its telling to the host. */

#define XDP_N_METRICS 24
extern const struct trimtab_metric xdp_metrics[XDP_N_METRICS];

/* Whether there can be SYN cookies, and with them what is counted of them: NULL, or why not. */
void metrics_cookies(const struct xdp *x, const char *why_not);

/* Of all interfaces, queues, filters, sources and CPUs. The first error; the rest is emitted all the same. */
int metrics_emit(struct xdp *x);

#endif
