/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BENCH_COST_H
#define TRIMTAB_BENCH_COST_H

/*
 * What a recording costs the daemon: CPU time of a tick, in µs, spent on telling so many series, a tenth of
 * them histograms. The median of many ticks. Negative errno when it cannot be tried.
 */
int recorder_cost(unsigned n_objects, unsigned n_metrics, double *ret_usec);

#endif
