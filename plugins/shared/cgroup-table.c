/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup-table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

static const size_t table_size = sizeof(struct cgroup_bucket) << CGROUP_BUCKET_BITS;

int cgroup_table_open(struct cgroup_table *t, int map)
{
        void *at = mmap(NULL, table_size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

        *t = (struct cgroup_table){ .buckets = at == MAP_FAILED ? NULL : at };
        return t->buckets ? 0 : -errno;
}

void cgroup_table_close(struct cgroup_table *t)
{
        if (t->buckets)
                (void) munmap(t->buckets, table_size);
        *t = (struct cgroup_table){};
}

/* The way that holds `id` (0: a free one) in the two buckets where `cgroup` can be; NULL if there is none. */
static struct cgroup_bucket *find_way(struct cgroup_table *t, uint64_t cgroup, uint64_t id, uint32_t *ret_way)
{
        for (uint32_t step = 0; step < 2; step++) {
                struct cgroup_bucket *b = &t->buckets[(hash_64(cgroup, CGROUP_BUCKET_BITS) + step) &
                                                      ((1u << CGROUP_BUCKET_BITS) - 1)];

                for (uint32_t i = 0; i < CGROUP_BUCKET_WAYS; i++)
                        if (b->ids[i] == id) {
                                *ret_way = i;
                                return b;
                        }
        }
        return NULL;
}

int cgroup_table_point(struct cgroup_table *t, uint64_t cgroup, uint32_t slot)
{
        struct cgroup_bucket *home = &t->buckets[hash_64(cgroup, CGROUP_BUCKET_BITS)], *b;
        uint32_t way;

        b = find_way(t, cgroup, cgroup, &way);
        if (slot == CGROUP_SLOT_NONE) {
                if (b)
                        __atomic_store_n(&b->ids[way], 0, __ATOMIC_RELEASE);
                return 0;
        }

        if (!b)
                b = find_way(t, cgroup, 0, &way);
        if (!b)
                return -ENOSPC;
        if (b != home)
                __atomic_store_n(&home->overflowed, 1, __ATOMIC_RELEASE);
        __atomic_store_n(&b->slots[way], slot, __ATOMIC_RELEASE);
        __atomic_store_n(&b->ids[way], cgroup, __ATOMIC_RELEASE);
        return 0;
}
