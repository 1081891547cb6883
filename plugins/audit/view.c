/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "totals.h"

static size_t n_slots(const struct audit_sizes *sizes)
{
        return ((size_t) sizes->n_groups + 1) * sizes->n_shards;
}

static size_t groups_size(const struct audit_sizes *sizes)
{
        return n_slots(sizes) * sizeof(struct audit_stats);
}

static size_t interests_size(const struct audit_sizes *sizes)
{
        return n_slots(sizes) * sizeof(uint64_t);
}

static size_t paths_size(const struct audit_sizes *sizes)
{
        return (size_t) AUDIT_WATCHES_MAX * sizes->n_shards * sizeof(struct audit_file_stats);
}

int audit_view_open(struct audit_view *v, const struct programs *p, const struct audit_sizes *sizes)
{
        int r;

        *v = (struct audit_view){ .sizes = *sizes };
        v->groups = programs_mmap(p, "groups", groups_size(sizes));
        v->interests = v->groups ? programs_mmap(p, "interests", interests_size(sizes)) : NULL;
        v->paths = v->interests ? programs_mmap(p, "paths", paths_size(sizes)) : NULL;
        r = v->paths ? cgroup_table_open(&v->table, programs_map(p, "slots")) : -errno;
        if (r < 0)
                audit_view_close(v);
        return r;
}

void audit_view_close(struct audit_view *v)
{
        if (v->groups)
                (void) munmap(v->groups, groups_size(&v->sizes));
        if (v->interests)
                (void) munmap(v->interests, interests_size(&v->sizes));
        if (v->paths)
                (void) munmap(v->paths, paths_size(&v->sizes));
        cgroup_table_close(&v->table);
        *v = (struct audit_view){};
}

void audit_view_group(const struct audit_view *v, uint32_t slot, struct audit_stats *ret)
{
        const struct audit_stats *shards = v->groups + slot;

        *ret = shards[0];
        for (uint32_t i = 1; i < v->sizes.n_shards; i++)
                audit_stats_add(ret, &shards[i]);
}

void audit_view_path(const struct audit_view *v, uint32_t watch, struct audit_file_stats *ret)
{
        const struct audit_file_stats *shards = v->paths + (size_t) watch * v->sizes.n_shards;

        *ret = shards[0];
        for (uint32_t i = 1; i < v->sizes.n_shards; i++)
                audit_file_stats_add(ret, &shards[i]);
}
