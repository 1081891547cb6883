/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHARED_CGROUP_TABLE_H
#define SHARED_CGROUP_TABLE_H

/* The table in which BPF programs find a cgroup's slot (bpf/cgroups.bpf.h), mapped into our memory. */

#include <stdint.h>

#include "cgroup-table.bpf.h"

struct cgroup_table {
        struct cgroup_bucket *buckets;
};

/* Maps the map `slots`, whose descriptor may be closed afterwards. Negative errno. */
int cgroup_table_open(struct cgroup_table *t, int map);

/* Accepts an empty table, and makes it one. */
void cgroup_table_close(struct cgroup_table *t);

/* From now on the cgroup counts for this slot; CGROUP_SLOT_NONE: for none. -ENOSPC: the table is full. */
int cgroup_table_point(struct cgroup_table *t, uint64_t cgroup, uint32_t slot);

#endif
