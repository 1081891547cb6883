/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_GROUPS_H
#define AUDIT_GROUPS_H

/*
 * What the watched cgroups have come to. The kernel side charges a task to one slot (watched.h); all that are in no watched cgroup have a
 * slot together, and the root is the sum of everything.
 */

#include <stdbool.h>
#include <stdint.h>

#include "totals.h"
#include "view.h"
#include "watched.h"

struct audit_group {
        struct watched watched; /* first */
        struct audit_account own; /* without that of watched ones below */
        struct audit_totals sum;  /* with it, as of the last audit_groups_read() */
};

struct audit_groups {
        struct watched_set set;
        struct audit_view *view; /* not owned */
        struct audit_account elsewhere;
        bool has_freed; /* a slot is free that calls under way may still be noted for; for the caller to take back */
};

static inline struct audit_group *audit_group_of(struct watched *w)
{
        return (struct audit_group *) w;
}

/* `view` must outlive *g, which must stay where it is. */
int audit_groups_init(struct audit_groups *g, struct audit_view *view);

/* Accepts a zeroed one, and makes it one. */
void audit_groups_done(struct audit_groups *g);

/* Reads all slots and brings every group's sum up to date. */
void audit_groups_read(struct audit_groups *g);

#endif
