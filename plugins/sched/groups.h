/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_GROUPS_H
#define SCHED_GROUPS_H

/*
 * The watched cgroups, and which cgroup counts for which of them.
 *
 * A cgroup's numbers are those of its whole subtree, as in cpu.stat and PSI. The kernel side charges a task
 * to one slot, found by the id of the task's own cgroup: that of the nearest watched cgroup above it or
 * itself. The rest is done here, once a tick: what a watched cgroup has is added to the watched one above it.
 * The root cgroup needs no slot: it is the sum of all CPUs.
 */

#include <stdint.h>

#include <uthash.h>

#include "totals.h"
#include "view.h"

#define SCHED_ROOT_CGROUP 1ull /* the id of the unified hierarchy's root */

struct sched_group {
        uint64_t id;
        uint32_t metrics;           /* bit n: metric number n is wanted for it */
        uint32_t slot;              /* SCHED_SLOT_OTHER: the root */
        char *path;                 /* its directory; NULL if it was gone before we looked */
        struct sched_group *parent; /* the nearest watched one above, never the root */
        struct sched_account own;   /* without that of watched ones below */
        struct sched_totals sum;    /* with it, as of the last sched_groups_read() */
        uint64_t runtime_told;      /* ns; what has been emitted must not fall */
        UT_hash_handle hh;
};

struct sched_key; /* cgroup id -> struct sched_group that it counts for; mirrors the table in the kernel */

struct sched_groups {
        struct sched_view *view;    /* not owned */
        struct sched_group *by_id;  /* uthash; owned */
        struct sched_group **order; /* those below the root, the deepest first */
        uint32_t n_order;
        struct sched_key *keys; /* uthash; owned */
        uint32_t *free_slots;   /* a ring: a slot rests as long as possible before it is used again */
        uint32_t n_slots, first_free, n_free;
};

/* `view` must outlive *g. */
int sched_groups_init(struct sched_groups *g, struct sched_view *view);

/* Accepts a zeroed one, and makes it one. */
void sched_groups_done(struct sched_groups *g);

/* The watched cgroup with this id, or NULL. */
struct sched_group *sched_groups_find(const struct sched_groups *g, uint64_t id);

/*
 * Watches a cgroup, whose directory is `path` (copied; NULL: not known), and all below it. -EEXIST: is
 * watched; -ENOSPC: as many as there are slots are; another negative errno on the way. *ret lives until
 * sched_groups_remove(). A cgroup that vanishes in the meantime is no error.
 */
int sched_groups_add(struct sched_groups *g, uint64_t id, const char *path, struct sched_group **ret);

/* Watches it no longer. Its past stays with the watched cgroup above it. */
void sched_groups_remove(struct sched_groups *g, struct sched_group *group);

/* A cgroup has come: it counts for the nearest watched one above it, if any. Negative errno as above. */
int sched_groups_came(struct sched_groups *g, uint64_t id, const char *path);

/* A cgroup has gone. */
void sched_groups_went(struct sched_groups *g, uint64_t id);

/*
 * Reads all slots and brings every group's sum up to date, but the root's; turns that are not over by `now`
 * (of sched_view_clock()) are in the run time.
 */
void sched_groups_read(struct sched_groups *g, uint64_t now);

#endif
