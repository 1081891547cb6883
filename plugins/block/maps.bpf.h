/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BLOCK_MAPS_BPF_H
#define BLOCK_MAPS_BPF_H

/* The maps of the block programs, and how they find their way in them. */

#include "block.bpf.h"
#include "block.h"
#include "cgroups.bpf.h"

const volatile struct block_config config;

/* slot + shard -> totals; user space reads them in place. Those of disks come first. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct block_stats);
} stats SEC(".maps");

/* hash of dev -> disk. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct block_disk[1 << BLOCK_DISK_BITS]);
} disks SEC(".maps");

/* hash of request -> its times, where the kernel keeps none. Where too many fall together the later one stays. */
struct issue_bucket {
        struct block_issue ways[BLOCK_ISSUE_WAYS];
};

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1 << BLOCK_ISSUE_BITS);
        __type(key, __u32);
        __type(value, struct issue_bucket);
} issues SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct block_control);
} control SEC(".maps");

/* The totals behind a slot, of this CPU's shard. */
static __always_inline struct block_stats *find_stats(__u32 slot)
{
        __u32 key = slot + (bpf_get_smp_processor_id() & config.shard_mask);

        return bpf_map_lookup_elem(&stats, &key);
}

/* NULL: the disk has no entry. */
static __always_inline struct block_disk *find_disk(__u32 dev)
{
        __u32 key = 0, home = hash_64(dev, BLOCK_DISK_BITS);
        struct block_disk *table = bpf_map_lookup_elem(&disks, &key);

        if (!table)
                return NULL;
#pragma unroll
        for (int i = 0; i < BLOCK_DISK_PROBES; i++) {
                struct block_disk *d = &table[(home + i) & ((1 << BLOCK_DISK_BITS) - 1)];

                if (d->dev == dev)
                        return d;
        }
        return NULL;
}

/* The times of a request; NULL: not noted. For a new one: where they may be put. */
static __always_inline struct block_issue *find_issue(__u64 request, bool new)
{
        __u32 key = hash_64(request, BLOCK_ISSUE_BITS);
        struct issue_bucket *bucket = bpf_map_lookup_elem(&issues, &key);

        if (!bucket)
                return NULL;
#pragma unroll
        for (int i = 0; i < BLOCK_ISSUE_WAYS; i++)
                if (bucket->ways[i].request == request)
                        return &bucket->ways[i];
        if (!new)
                return NULL;
#pragma unroll
        for (int i = 0; i < BLOCK_ISSUE_WAYS - 1; i++)
                if (!bucket->ways[i].request)
                        return &bucket->ways[i];
        return &bucket->ways[BLOCK_ISSUE_WAYS - 1];
}

#endif
