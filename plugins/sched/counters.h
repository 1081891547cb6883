/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_COUNTERS_H
#define SCHED_COUNTERS_H

/* Counters of the PMU, one event for each CPU, in the maps that the counters program reads at a switch. */

#include <stdint.h>

/* What to count, as for perf_event_open(2). */
struct sched_event {
        uint32_t type;
        uint64_t config;
};

/* An event on all CPUs. */
struct sched_counter {
        int *fds; /* n of them, -1 where there is none */
        uint32_t n;
        int map; /* the perf event array they are in; not owned */
};

/* Can the event be counted here? 0, or a negative errno: -ENOENT, -EOPNOTSUPP: there is no such counter. */
int sched_counter_probe(const struct sched_event *event);

/*
 * Counts the event on all CPUs that are online now and puts the descriptors into the perf event array `map`.
 * A CPU that comes later is not counted. Negative errno if no CPU counts; *c is then empty.
 */
int sched_counter_open(struct sched_counter *c, const struct sched_event *event, int map, uint32_t n_cpus);

/*
 * Takes the events out of the map, which would keep them counting, and closes them. Accepts an empty one, and
 * makes it one.
 */
void sched_counter_close(struct sched_counter *c);

#endif
