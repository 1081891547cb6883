/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_GROUPS_H
#define GUARD_GROUPS_H

/* What the watched cgroups have come to (watched.h). All that are in no watched one have a slot together; the root is the sum of all. */

#include <stdint.h>

#include "cgroup-table.h"
#include "program.h"
#include "watched.h"

struct group {
        struct watched watched; /* first */
        struct guard_counts last, own; /* as of the last look, and what has come since it began to be watched */
        struct guard_counts sum;       /* with that of watched ones below */
};

struct groups {
        struct watched_set set;
        struct cgroup_table table;
        const struct program *program; /* not owned */
        struct guard_counts last, elsewhere;
};

static inline struct group *group_of(struct watched *w)
{
        return (struct group *) w;
}

/* program must outlive *g, which must stay where it is. */
int groups_init(struct groups *g, const struct program *program);
void groups_done(struct groups *g);
void groups_read(struct groups *g); /* nothing, unless groups_init() has been called */

#endif
