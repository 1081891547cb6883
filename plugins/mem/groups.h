/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_GROUPS_H
#define MEM_GROUPS_H

/*
 * What the watched cgroups have come to. The kernel side charges a task to one slot (watched.h). The root cgroup needs none: it is the sum
 * of all that was counted.
 */

#include "load.h"
#include "totals.h"
#include "watched.h"

struct mem_group {
        struct watched watched; /* first */
        struct mem_account own; /* without that of watched ones below; of the root, all */
        struct mem_totals sum;  /* with it, as of the last mem_groups_read() */
};

struct mem_groups {
        struct watched_set set;
        struct mem_load *load; /* not owned */
};

static inline struct mem_group *mem_group_of(struct watched *w)
{
        return (struct mem_group *) w;
}

/* `load` must outlive *g, which must stay where it is. */
int mem_groups_init(struct mem_groups *g, struct mem_load *load);

/* Accepts a zeroed one, and makes it one. */
void mem_groups_done(struct mem_groups *g);

/* Brings every group's sum up to date. */
void mem_groups_read(struct mem_groups *g);

#endif
