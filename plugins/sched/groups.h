/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_GROUPS_H
#define SCHED_GROUPS_H

/*
 * What the watched cgroups have come to. The kernel side charges a task to one slot (watched.h); a task of no watched cgroup is charged to
 * its CPU. The root cgroup needs no slot: it is the sum of all CPUs.
 */

#include <stdint.h>

#include "totals.h"
#include "view.h"
#include "watched.h"

struct sched_group {
        struct watched watched;     /* first */
        struct sched_account own;   /* without that of watched ones below */
        struct sched_totals sum;    /* with it, as of the last sched_groups_read() */
        uint64_t runtime_told;      /* ns; what has been emitted must not fall */
};

struct sched_groups {
        struct watched_set set;
        struct sched_view *view; /* not owned */
};

static inline struct sched_group *sched_group_of(struct watched *w)
{
        return (struct sched_group *) w;
}

/* `view` must outlive *g, which must stay where it is. */
int sched_groups_init(struct sched_groups *g, struct sched_view *view);

/* Accepts a zeroed one, and makes it one. */
void sched_groups_done(struct sched_groups *g);

/*
 * Reads all slots and brings every group's sum up to date, but the root's; turns that are not over by `now`
 * (of sched_view_clock()) are in the run time.
 */
void sched_groups_read(struct sched_groups *g, uint64_t now);

#endif
