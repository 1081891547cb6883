/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_METRICS_H
#define XDP_METRICS_H

#include "state.h"

/* What is measured, and its telling to the host. */

#define XDP_N_METRICS 24
extern const struct trimtab_metric xdp_metrics[XDP_N_METRICS];

/* Whether there can be SYN cookies, and with them what is counted of them: NULL, or why not. */
void metrics_cookies(const struct xdp *x, const char *why_not);

/* As trimtab_plugin.watch: what has to be read from files is read for those who ask, and for them only. */
int metrics_watch(struct xdp *x, uint32_t metric, const uint64_t *objects, uint32_t n);

/* Of all interfaces, queues, filters, sources and CPUs. The first error; the rest is emitted all the same. */
int metrics_emit(struct xdp *x);

#endif
