/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_CGROUPS_BPF_H
#define TRIMTAB_CGROUPS_BPF_H

/*
 * The slot of a cgroup: that of the nearest watched cgroup above it, or itself. User space keeps the table (plugins/shared/watched.h).
 * Include kernel.bpf.h and bpf_helpers.h first.
 */

#include "cgroup-table.bpf.h"

/* hash of cgroup id -> bucket. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1 << CGROUP_BUCKET_BITS);
        __type(key, __u32);
        __type(value, struct cgroup_bucket);
} slots SEC(".maps");

static __always_inline __u32 cgroup_slot_in(const struct cgroup_bucket *bucket, __u64 cgroup)
{
#pragma unroll
        for (int i = 0; i < CGROUP_BUCKET_WAYS; i++)
                if (bucket->ids[i] == cgroup)
                        return bucket->slots[i];
        return CGROUP_SLOT_NONE;
}

/* The slot, or CGROUP_SLOT_NONE. */
static __always_inline __u32 cgroup_slot(__u64 cgroup)
{
        __u32 key = hash_64(cgroup, CGROUP_BUCKET_BITS), slot;
        const struct cgroup_bucket *bucket = bpf_map_lookup_elem(&slots, &key);

        if (!bucket)
                return CGROUP_SLOT_NONE;
        slot = cgroup_slot_in(bucket, cgroup);
        if (slot != CGROUP_SLOT_NONE || !bucket->overflowed)
                return slot;

        key = (key + 1) & ((1 << CGROUP_BUCKET_BITS) - 1);
        bucket = bpf_map_lookup_elem(&slots, &key);
        return bucket ? cgroup_slot_in(bucket, cgroup) : CGROUP_SLOT_NONE;
}

#endif
