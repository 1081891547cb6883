/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Who allocates memory, and who has to make room for it first.
 *
 * A stall is a pair of tracepoints in one task, which the kernel always leaves by the second. Its beginning is kept in an array by a hash
 * of the pid: nothing is allocated here, as task storage would do in the midst of an allocation that found no memory.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "cgroups.bpf.h"
#include "mem.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct mem_config config;

/*
 * Counted up by user space whenever programs are attached: the beginning of a stall of which the end was not seen is worth nothing
 * any more.
 */
__u32 epoch;

/* slot -> totals of a watched cgroup; user space reads them in place. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct mem_stats);
} groups SEC(".maps");

/* cpu -> what it has found, and pages allocated there; likewise. The size is set by user space. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct mem_cpu);
} cpus SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << MEM_START_BITS);
        __type(key, __u32);
        __type(value, struct mem_start);
} starts SEC(".maps");

static __always_inline __u32 or_others(__u32 slot)
{
        return slot < config.n_groups ? slot : config.n_groups;
}

static __always_inline __u32 find_slot(struct mem_cpu *here, __u64 cgroup)
{
        __u32 generation = here->generation; /* as of before the search */
        struct mem_recent *recent = &here->recent[hash_64(cgroup, MEM_RECENT_BITS)];

        if (recent->cgroup != cgroup || recent->generation != generation) {
                recent->slot = or_others(cgroup_slot(cgroup));
                recent->cgroup = cgroup;
                recent->generation = generation;
        }
        return recent->slot;
}

/*
 * The page is NULL where the allocation failed. As an argument of a typed tracepoint it would be one that cannot be, and some verifiers
 * take the check out (6.4 to 6.12); so this one is raw, which costs the same as no field of it is read.
 */
SEC("raw_tp/mm_page_alloc")
int BPF_PROG(page_alloc, void *page, unsigned int order)
{
        __u32 cpu = bpf_get_smp_processor_id(), slot;
        struct mem_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);

        if (!page || !here)
                return 0;
        slot = find_slot(here, bpf_get_current_cgroup_id());
        if (slot <= config.n_groups) /* always, for the verifier */
                here->pages[slot] += 1ull << (order & 31);
        return 0;
}

static __always_inline struct mem_stats *current_stats(void)
{
        __u32 slot = or_others(cgroup_slot(bpf_get_current_cgroup_id()));

        return bpf_map_lookup_elem(&groups, &slot);
}

/* Never 0, as no task that allocates by itself has pid 0. */
static __always_inline __u32 who_stalls(enum mem_stall stall)
{
        return (__u32) bpf_get_current_pid_tgid() << 2 | stall;
}

static __always_inline struct mem_start *find_start(__u32 who)
{
        __u32 key = hash_64(who, MEM_START_BITS);

        return bpf_map_lookup_elem(&starts, &key);
}

static __always_inline int begin(enum mem_stall stall)
{
        __u32 who = who_stalls(stall);
        struct mem_start *start = find_start(who);

        if (!start)
                return 0;
        start->who = who;
        start->epoch = epoch;
        start->since = bpf_ktime_get_ns();
        return 0;
}

static __always_inline int end(enum mem_stall stall, __u64 reclaimed)
{
        __u32 who = who_stalls(stall), slot;
        struct mem_start *start = find_start(who);
        struct mem_stats *stats = current_stats();
        __u64 now, ns;

        if (!start || !stats)
                return 0;
        if (reclaimed)
                __sync_fetch_and_add(&stats->reclaimed, reclaimed);
        if (start->who != who)
                return 0; /* began before we looked, or another task has taken its place */

        start->who = 0;
        now = bpf_ktime_get_ns();
        if (start->epoch != epoch || now < start->since)
                return 0;
        ns = now - start->since;
        slot = trimtab_hist_slot(ns);
        if (slot >= TRIMTAB_HIST_SLOTS)
                return 0; /* for the verifier */
        __sync_fetch_and_add(&stats->latency[stall][slot], 1);
        __sync_fetch_and_add(&stats->stalled_ns[stall], ns);
        return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_begin)
{
        return begin(MEM_RECLAIM);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_begin_r)
{
        return begin(MEM_RECLAIM);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_end, unsigned long reclaimed)
{
        return end(MEM_RECLAIM, reclaimed);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_end_r, unsigned long reclaimed)
{
        return end(MEM_RECLAIM, reclaimed);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_begin)
{
        return begin(MEM_MEMCG_RECLAIM);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_begin_r)
{
        return begin(MEM_MEMCG_RECLAIM);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_end, unsigned long reclaimed)
{
        return end(MEM_MEMCG_RECLAIM, reclaimed);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_end_r, unsigned long reclaimed)
{
        return end(MEM_MEMCG_RECLAIM, reclaimed);
}

/*
 * One zone is compacted. Only what an allocation waits for: not kcompactd, and not who writes to /proc/sys/vm/compact_memory. No raw form:
 * before 6.0 the arguments were others, which the verifier notices in a typed one only.
 */
SEC("tp_btf/mm_compaction_begin")
int BPF_PROG(compact_begin, struct compact_control *cc)
{
        return cc->direct_compaction ? begin(MEM_COMPACTION) : 0;
}

SEC("tp_btf/mm_compaction_end")
int BPF_PROG(compact_end)
{
        return end(MEM_COMPACTION, 0);
}
