/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_PATHS_H
#define GUARD_PATHS_H

/*
 * Which cgroups a rule is for, by their names: as the kernel's side finds them (who.bpf.h), and by globs, which only user space knows. Pure.
 *
 * A unit is the first directory of a cgroup's path that is no slice, or one of the slices above it: nobody without rights can make one there,
 * and what he makes in what was delegated to him is no unit, whatever he calls it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "guard.h"

/* As trimtab_key.check, of a unit or a path. */
int paths_check(const char *item, char *why, uint32_t size);

/* How specific it is: the deeper, the more; 0: none is asked for. */
unsigned paths_rank(const char *unit, const char *cgroup);

/* Must user space look? Else the kernel's side finds it by itself. */
bool paths_is_glob(const char *unit, const char *cgroup);

/* Is the cgroup of that path it, or below it? */
bool paths_match(const char *unit, const char *cgroup, const char *path);

struct path_edge {
        struct guard_edge_key key;
        struct guard_edge edge;
};

struct path_tree {
        struct path_edge *edges;
        size_t n;
        uint32_t last_node;
};

/* Layer `layer` is for it, which is no glob. -ENOMEM */
int paths_add(struct path_tree *t, const char *unit, const char *cgroup, uint32_t layer);
void paths_clear(struct path_tree *t);

#endif
