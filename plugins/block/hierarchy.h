/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_HIERARCHY_H
#define BLOCK_HIERARCHY_H

/* Whether the kernel charges I/O to the cgroups that are objects: those of the unified hierarchy. */

#include <stdbool.h>

/* `root`: the directory of the root cgroup, NULL: there is none. The reason why not; NULL: it does. */
const char *hierarchy_lacks_io(const char *root);

/* Whether I/O of this cgroup is charged to one above it, as its own io controller is off. */
bool hierarchy_is_off(const char *cgroup);

#endif
