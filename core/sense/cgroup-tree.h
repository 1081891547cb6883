/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_TREE_H
#define TRIMTAB_CGROUP_TREE_H

#include <stdbool.h>

#include "sense/objects.h"

/*
 * Keeps the registry's cgroups like those of the cgroup v2 hierarchy: a walk at start, inotify afterwards, a new walk
 * when events were lost or watches ran out. The key of a cgroup is its id, the inode of its directory; its name is the path
 * below the mount.
 */
struct cgroup_tree;

typedef void (*cgroup_changed)(void *userdata, struct oid id, bool came);

/* Where cgroup v2 is mounted, from a mountinfo file (/proc/self/mountinfo). -ENOENT: nowhere. *ret is the caller's. */
int cgroup_find_mount(const char *mountinfo, char **ret);

/* Follows the tree at root. `changed` is called for every cgroup, while this runs and later from _process: after one came,
 * before one that went leaves the registry. */
int cgroup_tree_new(const char *root, struct objects *objects, cgroup_changed changed, void *userdata,
                    struct cgroup_tree **ret);
struct cgroup_tree *cgroup_tree_free(struct cgroup_tree *t);

/* Becomes readable when cgroup_tree_process has something to do. The tree owns it. */
int cgroup_tree_fd(const struct cgroup_tree *t);
int cgroup_tree_process(struct cgroup_tree *t);

/* Some cgroup could not be watched (fs.inotify.max_user_watches): call cgroup_tree_rescan every few ticks. */
bool cgroup_tree_polled(const struct cgroup_tree *t);
int cgroup_tree_rescan(struct cgroup_tree *t);

#endif
