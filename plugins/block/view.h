/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_VIEW_H
#define BLOCK_VIEW_H

/* The maps of the programs, in our memory: reading and writing them takes no system call. */

#include "block.h"
#include "cgroup-table.h"
#include "load.h"

struct block_view {
        struct block_sizes sizes;
        struct block_stats *stats;
        struct block_disk *disks; /* a hash table */
        struct block_issue *issues;
        struct block_control *control;
        struct cgroup_table table;
};

/* Negative errno. */
int block_view_open(struct block_view *v, const struct programs *p, const struct block_sizes *sizes);

/* Accepts a zeroed one, and makes it one. */
void block_view_close(struct block_view *v);

/* The totals behind a slot, of all shards. */
void block_view_read(const struct block_view *v, uint32_t slot, struct block_stats *ret);

/* From now on the disk (dev as the kernel keeps it) counts for this slot. -ENOSPC: the table is full. */
int block_view_add_disk(struct block_view *v, uint32_t dev, uint32_t slot, uint32_t stacked);

/* The disk counts no more. */
void block_view_remove_disk(struct block_view *v, uint32_t dev);

/* Forgets which requests have been issued: those programs were not attached for a while. */
void block_view_forget_issues(struct block_view *v);

#endif
