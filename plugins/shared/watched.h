/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHARED_WATCHED_H
#define SHARED_WATCHED_H

/*
 * The cgroups that a plugin is asked to watch, and which cgroup counts for which of them.
 *
 * A cgroup's numbers are those of its whole subtree, as in cpu.stat and PSI. The kernel side charges what happens to one slot, found
 * by the id of the cgroup it happens in: that of the nearest watched cgroup above it or itself. The rest is done in user space, once a tick:
 * what a watched cgroup has is added to the watched one above it. The root cgroup has no slot.
 */

#include <stdint.h>

#include <trimtab/plugin.h>
#include <uthash.h>

#define ROOT_CGROUP 1ull /* the id of the unified hierarchy's root */

/* A watched cgroup. The plugin's own struct begins with it. */
struct watched {
        uint64_t id;
        uint32_t metrics;       /* bit n: metric number n is wanted for it */
        uint32_t slot;          /* CGROUP_SLOT_NONE: the root */
        char *path;             /* its directory; NULL if it was gone before we looked */
        struct watched *parent; /* the nearest watched one above, never the root */
        UT_hash_handle hh;
};

struct watched_ops {
        uint32_t size; /* of the plugin's struct; new ones are zero beyond struct watched */
        /* From now on the cgroup counts for this slot; CGROUP_SLOT_NONE: for none. Negative errno. */
        int (*point)(void *userdata, uint64_t id, uint32_t slot);
        /* It has got its slot, in which an earlier user has left its counts. Not of the root. */
        void (*begin)(void *userdata, struct watched *w);
        /* It is about to go: what it has counted stays with its parent, if it has one. Not of the root. */
        void (*end)(void *userdata, struct watched *w);
};

struct watched_key; /* cgroup id -> the watched one that it counts for; mirrors the table in the kernel */

struct watched_set {
        const struct watched_ops *ops;
        void *userdata;
        struct watched *by_id;  /* uthash; owned */
        struct watched **order; /* those below the root, the deepest first */
        uint32_t n_order;
        struct watched_key *keys; /* uthash; owned */
        uint32_t *free_slots;     /* a ring: a slot rests as long as possible before it is used again */
        uint32_t n_slots, first_free, n_free;
        uint32_t n_refused[32]; /* by metric: cgroups that are wanted and not watched, as told */
};

/*
 * `n_slots` cgroups at once, beside the root; slots are multiples of `stride`, the entries that each has. `ops` and `userdata` must
 * outlive *set.
 */
int watched_init(struct watched_set *set, uint32_t n_slots, uint32_t stride, const struct watched_ops *ops,
                 void *userdata);

/* Accepts a zeroed one, and makes it one. */
void watched_done(struct watched_set *set);

/* The watched cgroup with this id, or NULL. */
struct watched *watched_find(const struct watched_set *set, uint64_t id);

/*
 * Watches a cgroup, whose directory is `path` (copied; NULL: not known), and all below it. -EEXIST: is watched; -ENOSPC: as many as
 * there are slots are; another negative errno on the way. *ret lives until watched_remove(). A cgroup that vanishes in the meantime is no
 * error.
 */
int watched_add(struct watched_set *set, uint64_t id, const char *path, struct watched **ret);

/* Watches it no longer. */
void watched_remove(struct watched_set *set, struct watched *w);

/*
 * What a plugin's watch() does for a metric of scope cgroup: from now on `metric` (below 32) is wanted for just these. Cgroups for which
 * nothing is wanted any more are let go. Negative errno, after a warning to the log if the number has changed, if some cannot be watched; the
 * others are.
 */
int watched_want(struct watched_set *set, const struct trimtab_host *host, uint32_t metric, const uint64_t *objects,
                 uint32_t n);

/* All metrics that are wanted of any. */
uint32_t watched_metrics(const struct watched_set *set);

/* A cgroup has come: it counts for the nearest watched one above it, if any. Negative errno as above. */
int watched_came(struct watched_set *set, uint64_t id, const char *path);

/* A cgroup has gone. */
void watched_went(struct watched_set *set, uint64_t id);

/*
 * What a plugin's on_object() does for scope cgroup, by these two. What fails is told to the log.
 */
void watched_on_object(struct watched_set *set, const struct trimtab_host *host, uint64_t id, uint32_t came);

#endif
