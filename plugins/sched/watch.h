/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_WATCH_H
#define SCHED_WATCH_H

/* What is wanted, and what runs for it. */

#include "state.h"

/* The plugin's watch(): the metric is wanted for exactly these objects. Programs are attached and detached.
 */
int sched_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n);

/* Tells the host what became of every program and of the hardware counters, and which metrics that costs. */
void sched_tell_programs(struct sched *s);
void sched_tell_counters(struct sched *s);

#endif
