/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "totals.h"

#define N_DISKS (1u << BLOCK_DISK_BITS)

static const size_t disks_size = sizeof(struct block_disk) * N_DISKS;
static const size_t issues_size = (sizeof(struct block_issue) * BLOCK_ISSUE_WAYS) << BLOCK_ISSUE_BITS;

static size_t stats_size(const struct block_sizes *sizes)
{
        return sizeof(struct block_stats) * block_n_entries(sizes);
}

int block_view_open(struct block_view *v, const struct programs *p, const struct block_sizes *sizes)
{
        int r = 0;

        *v = (struct block_view){ .sizes = *sizes };
        v->stats = programs_mmap(p, "stats", stats_size(sizes));
        v->disks = v->stats ? programs_mmap(p, "disks", disks_size) : NULL;
        v->issues = v->disks ? programs_mmap(p, "issues", issues_size) : NULL;
        v->control = v->issues ? programs_mmap(p, "control", sizeof(*v->control)) : NULL;
        if (!v->control)
                r = -errno;
        if (r >= 0)
                r = cgroup_table_open(&v->table, programs_map(p, "slots"));
        if (r < 0)
                block_view_close(v);
        return r;
}

void block_view_close(struct block_view *v)
{
        if (v->stats)
                (void) munmap(v->stats, stats_size(&v->sizes));
        if (v->disks)
                (void) munmap(v->disks, disks_size);
        if (v->issues)
                (void) munmap(v->issues, issues_size);
        if (v->control)
                (void) munmap(v->control, sizeof(*v->control));
        cgroup_table_close(&v->table);
        *v = (struct block_view){};
}

void block_view_read(const struct block_view *v, uint32_t slot, struct block_stats *ret)
{
        *ret = v->stats[slot];
        for (uint32_t i = 1; i < v->sizes.n_shards; i++)
                block_stats_add(ret, &v->stats[slot + i]);
}

/* The entry with this dev within reach of where `dev` would be; NULL. */
static struct block_disk *find(struct block_view *v, uint32_t dev, uint32_t wanted)
{
        uint32_t home = hash_64(dev, BLOCK_DISK_BITS);

        for (uint32_t i = 0; i < BLOCK_DISK_PROBES; i++) {
                struct block_disk *d = &v->disks[(home + i) & (N_DISKS - 1)];

                if (d->dev == wanted)
                        return d;
        }
        return NULL;
}

int block_view_add_disk(struct block_view *v, uint32_t dev, uint32_t slot, uint32_t stacked)
{
        struct block_disk *d = find(v, dev, dev) ?: find(v, dev, BLOCK_DISK_FREE);

        if (!d)
                return -ENOSPC;
        d->slot = slot;
        d->stacked = stacked;
        __atomic_store_n(&d->dev, dev, __ATOMIC_RELEASE);
        return 0;
}

void block_view_remove_disk(struct block_view *v, uint32_t dev)
{
        struct block_disk *d = find(v, dev, dev);

        if (d)
                __atomic_store_n(&d->dev, BLOCK_DISK_FREE, __ATOMIC_RELEASE);
}

void block_view_forget_issues(struct block_view *v)
{
        memset(v->issues, 0, issues_size);
}
