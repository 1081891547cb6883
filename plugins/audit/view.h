/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_VIEW_H
#define AUDIT_VIEW_H

/* The maps in which the BPF programs count, mapped into our memory: reading them costs no system call. */

#include <stdint.h>

#include "cgroup-table.h"
#include "load.h"

struct audit_view {
        struct audit_sizes sizes;
        struct audit_stats *groups;     /* slot + shard */
        uint64_t *interests;            /* slot -> bits of watched paths */
        struct audit_file_stats *paths; /* watched path * shards + shard */
        struct cgroup_table table;
};

/* Maps all; on failure (negative errno) *v is empty. `sizes` must be those of the loaded programs. */
int audit_view_open(struct audit_view *v, const struct programs *p, const struct audit_sizes *sizes);

/* Accepts an empty view, and makes it one. */
void audit_view_close(struct audit_view *v);

/* Sums a slot's entries into *ret, and a watched path's. */
void audit_view_group(const struct audit_view *v, uint32_t slot, struct audit_stats *ret);
void audit_view_path(const struct audit_view *v, uint32_t watch, struct audit_file_stats *ret);

#endif
