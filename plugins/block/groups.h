/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_GROUPS_H
#define BLOCK_GROUPS_H

/* The watched cgroups and their totals. */

#include "totals.h"
#include "view.h"
#include "watched.h"

struct block_group {
        struct watched watched;
        struct block_account own; /* without that of watched ones below */
        struct block_totals sum;  /* with it, as of the last block_groups_read(); not of the root */
};

static inline struct block_group *block_group_of(struct watched *w)
{
        return (struct block_group *) w;
}

struct block_groups {
        struct block_view *view; /* not owned */
        struct watched_set set;
};

/* `view` must outlive *g. Negative errno. */
int block_groups_init(struct block_groups *g, struct block_view *view);

/* Accepts a zeroed one, and makes it one. */
void block_groups_done(struct block_groups *g);

/* Brings every cgroup's sum up to date, but the root's. */
void block_groups_read(struct block_groups *g);

#endif
