/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SCHED_MAPS_BPF_H
#define SCHED_MAPS_BPF_H

/* The maps of the sched programs, and how they find their way in them. */

#include "cgroups.bpf.h"
#include "sched.h"
#include "task.bpf.h"

const volatile struct sched_config config;

/* slot + shard -> totals of a watched cgroup; user space reads them in place. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct sched_stats);
} groups SEC(".maps");

/* cpu -> its totals and its present task. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct sched_cpu);
} cpus SEC(".maps");

/* hash of pid -> the task's last turn. Where two tasks fall together the later one stays. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << SCHED_TURN_BITS);
        __type(key, __u32);
        __type(value, struct sched_turn);
} turns SEC(".maps");

/* pid -> start of its wait, where the kernel keeps no timestamp. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u64);
} starts SEC(".maps");

/* cpu -> perf event. */
struct {
        __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u32);
} cycles SEC(".maps"), instructions SEC(".maps");

static __always_inline __u32 find_slot(struct sched_cpu *here, __u64 cgroup)
{
        __u32 generation = here->generation; /* as of before the search: see sched_view_point() */
        struct sched_recent *recent = &here->recent[hash_64(cgroup, SCHED_RECENT_BITS)];

        if (recent->cgroup != cgroup || recent->generation != generation) {
                recent->slot = cgroup_slot(cgroup);
                recent->cgroup = cgroup;
                recent->generation = generation;
        }
        return recent->slot;
}

static __always_inline struct sched_stats *find_group(const struct sched_cpu *here, __u32 slot)
{
        __u32 key = slot + here->shard;

        return slot < CGROUP_SLOT_NONE ? bpf_map_lookup_elem(&groups, &key) : NULL;
}

static __always_inline struct sched_turn *find_turn(__u32 pid)
{
        /* Scattered, as neighbours in pid often run at the same time and would share a cache line. */
        __u32 key = hash_64(pid, SCHED_TURN_BITS);

        return bpf_map_lookup_elem(&turns, &key);
}

/*
 * Was the task moved here since it last ran? Only then is its last turn worth a look. Tasks that fall
 * together are looked at for nothing, or, when both wait here, the second one is not seen to have been moved: the piece
 * from before the move is lost of it, unless the wait is long.
 */
static __always_inline bool take_moved(struct sched_cpu *here, __u32 pid)
{
        __u32 hash = hash_64(pid, SCHED_MOVED_BITS);
        __u64 *word = &here->moved[hash / 64], bit = 1ull << hash % 64;

        if (!(*word & bit))
                return here->all_moved;
        __sync_fetch_and_and(word, ~bit);
        return true;
}

#endif
