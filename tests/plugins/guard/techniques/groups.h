/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_GROUPS_H
#define TEST_GUARD_GROUPS_H

/*
 * Cgroups of the test's own, below the root of the second version's tree:
 *
 *     guard-techniques.PID/free       whom nobody guards: the test, the receiver, helpers
 *     guard-techniques.PID/guarded/N  attempts, each its own
 */

#include <stdint.h>

struct groups {
        char root[128]; /* where the tree is mounted */
        char base[192], free[224], guarded[224];
        int base_fd;
        uint64_t guarded_id;
        char free_procs[256];
};

/* How deep the guarded one is; the root is 0. */
#define GROUPS_GUARDED_LEVEL 2

/* Makes them and goes into the free one. 0 or a negative errno. */
int groups_make(struct groups *g);

/* Of attempt N; goes into it; ends whoever is in it and removes it. */
int groups_add(const struct groups *g, uint32_t number);
int groups_enter(const struct groups *g, uint32_t number);
void groups_end(const struct groups *g, uint32_t number);

/* Ends all who are in them, the caller not, and removes them. */
void groups_remove(struct groups *g);

#endif
