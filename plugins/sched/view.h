/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_VIEW_H
#define SCHED_VIEW_H

/* The maps in which the BPF programs count, mapped into our memory: reading them costs no system call. */

#include <stdbool.h>
#include <stdint.h>

#include "cgroup-table.h"
#include "load.h"
#include "sched.h"

struct sched_view {
        struct sched_sizes sizes;
        struct sched_stats *groups; /* slot + shard */
        struct sched_cpu *cpus;
        struct cgroup_table table;
        uint32_t used; /* entries of `groups` that have ever been in use */
        bool changed;  /* a cgroup has changed its slot since the last sched_view_renew() */
};

/* Maps all; on failure (negative errno) *v is empty. `sizes` must be those of the loaded programs. */
int sched_view_open(struct sched_view *v, const struct sched_programs *p, const struct sched_sizes *sizes);

/* Accepts an empty view, and makes it one. */
void sched_view_close(struct sched_view *v);

/* A CPU's totals into *ret. */
void sched_view_cpu(const struct sched_view *v, uint32_t cpu, struct sched_stats *ret);

/* Sums a slot's entries into *ret. */
void sched_view_group(const struct sched_view *v, uint32_t slot, struct sched_stats *ret);

/*
 * Now, in ns, on the run queues' clock: the latest switch anywhere. It lags behind by as long as the caller
 * has had its CPU, which is short as long as it comes straight from its event loop.
 */
uint64_t sched_view_clock(const struct sched_view *v);

/* How long, in ns, the CPU's present task has run by `now`, and its slot; 0 and SCHED_SLOT_IDLE: none. */
uint64_t sched_view_running(const struct sched_view *v, uint32_t cpu, uint64_t now, uint32_t *ret_slot);

/*
 * From now on the cgroup counts for this slot, and the tasks of it that run at this moment do too;
 * CGROUP_SLOT_NONE: for none. -ENOSPC: the table is full.
 */
int sched_view_point(struct sched_view *v, uint64_t cgroup, uint32_t slot);

/*
 * Lets the CPUs forget what they have looked up. sched_view_point() does it; do it once more a tick later,
 * for a CPU that was in the middle of its search and whose memory accesses are not in program order.
 */
void sched_view_renew(struct sched_view *v);

/* Forgets what runs where. Before the switch program is attached (again): what it knew is out of date. */
void sched_view_forget(struct sched_view *v);

/*
 * Forgets where hardware counter number `counter` stood. Before it is opened (again), as a new one begins at 0: what it has
 * less than the old one would be taken off what was counted.
 */
void sched_view_forget_counter(struct sched_view *v, uint32_t counter);

/*
 * Is the switch program told which tasks were moved, that is, is the migrate program attached? If not (the
 * state after sched_view_forget()) it takes every task for one of them, which costs more.
 */
void sched_view_tell_moves(struct sched_view *v, bool told);

#endif
