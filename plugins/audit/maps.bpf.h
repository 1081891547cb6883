/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AUDIT_MAPS_BPF_H
#define AUDIT_MAPS_BPF_H

/* The maps of the audit programs, and how they count in them. */

#include "audit.h"
#include "cgroups.bpf.h"
#include "task.bpf.h"

const volatile struct audit_config config;

volatile struct audit_control control;

/* slot + shard -> totals of a watched cgroup, the last slot those of all others; user space reads them in place. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct audit_stats);
} groups SEC(".maps");

/* slot -> the watched paths in which this cgroup's doings count. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u64);
} interests SEC(".maps");

/* watched path * shards + shard -> totals. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct audit_file_stats);
} paths SEC(".maps");

/* inode -> the watched paths that it belongs to. User space inserts. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(map_flags, BPF_F_NO_PREALLOC);
        __uint(max_entries, 1);
        __type(key, struct audit_inode);
        __type(value, struct audit_membership);
} inodes SEC(".maps");

/* hash of an open file's inode and dentry -> what was found for them. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << AUDIT_VERDICT_BITS);
        __type(key, __u32);
        __type(value, struct audit_verdict);
} verdicts SEC(".maps");

/* pid -> the system call it is in. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << AUDIT_TURN_BITS);
        __type(key, __u32);
        __type(value, struct audit_turn);
} turns SEC(".maps");

/* hash of where an io_uring request is in memory -> the request. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << AUDIT_REQUEST_BITS);
        __type(key, __u32);
        __type(value, struct audit_turn);
} requests SEC(".maps");

#define ADD(counter, n)                                                                                      \
        (config.shared ? (void) __sync_fetch_and_add(&(counter), (n)) : (void) ((counter) += (n)))

static __always_inline struct task_struct *current_task(const bool raw)
{
        return raw ? (struct task_struct *) bpf_get_current_task() : bpf_get_current_task_btf();
}

static __always_inline __u32 current_shard(void)
{
        return bpf_get_smp_processor_id() % config.n_shards;
}

/* Whom a task's doings are counted for: a slot, or CGROUP_SLOT_NONE. */
static __always_inline __u32 task_slot(struct task_struct *task, const bool raw)
{
        __u32 slot = cgroup_slot(task_cgroup_id(task, raw));

        return slot == CGROUP_SLOT_NONE && control.elsewhere ? config.elsewhere : slot;
}

static __always_inline struct audit_stats *find_stats(__u32 slot)
{
        __u32 key = slot + current_shard();

        return bpf_map_lookup_elem(&groups, &key);
}

/* The watched paths that somebody looks at and in which this cgroup counts. */
static __always_inline __u32 find_interest(__u32 slot)
{
        __u64 *interest;

        if (!control.watches)
                return 0;
        interest = bpf_map_lookup_elem(&interests, &slot);
        return interest ? *interest & control.watches : 0;
}

/* At its beginning, whatever comes of it. */
static __always_inline void count_call(__u32 slot, __u32 class, const bool is_request)
{
        struct audit_stats *stats = find_stats(slot);

        if (!stats || class >= _AUDIT_CLASS_MAX)
                return;
        ADD(stats->counts[class], 1);
        if (is_request)
                ADD(stats->counts[AUDIT_REQUESTS], 1);
}

static __always_inline void count_latency(struct audit_stats *stats, __u32 class, __u64 ns)
{
        __u32 bin = trimtab_hist_slot(ns), i = class - AUDIT_READ;

        if (i >= AUDIT_TIMED || bin >= TRIMTAB_HIST_SLOTS)
                return;
        ADD(stats->sums[i], ns);
        ADD(stats->latency[i][bin], 1);
}

#endif
