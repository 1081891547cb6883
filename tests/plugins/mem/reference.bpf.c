/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Allocations and stalls the classic way, to compare with: a hash by pid for each kind, and one cgroup that is looked for by its id. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "reference.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 target; /* cgroup id */

struct reference seen;

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 65536);
        __type(key, __u64);
        __type(value, __u64);
} starts SEC(".maps");

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(ref_alloc, void *page, unsigned int order)
{
        if (bpf_get_current_cgroup_id() != target)
                return 0;
        __sync_fetch_and_add(page ? &seen.pages : &seen.failed, 1ull << order);
        return 0;
}

static __always_inline int begin(__u32 kind)
{
        __u64 key = (__u64) kind << 32 | (__u32) bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

        bpf_map_update_elem(&starts, &key, &now, BPF_ANY);
        return 0;
}

static __always_inline int end(__u32 kind)
{
        __u64 key = (__u64) kind << 32 | (__u32) bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns(), *start;

        start = bpf_map_lookup_elem(&starts, &key);
        if (!start)
                return 0;
        __sync_fetch_and_add(&seen.all[kind], 1);
        if (bpf_get_current_cgroup_id() == target) {
                __sync_fetch_and_add(&seen.n[kind], 1);
                __sync_fetch_and_add(&seen.ns[kind], now - *start);
        }
        bpf_map_delete_elem(&starts, &key);
        return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(ref_direct)
{
        return begin(REF_DIRECT);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(ref_direct_end)
{
        return end(REF_DIRECT);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(ref_memcg)
{
        return begin(REF_MEMCG);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(ref_memcg_end)
{
        return end(REF_MEMCG);
}

SEC("tp_btf/mm_compaction_begin")
int BPF_PROG(ref_compact, struct compact_control *cc)
{
        return cc->direct_compaction ? begin(REF_COMPACTION) : 0;
}

SEC("tp_btf/mm_compaction_end")
int BPF_PROG(ref_compact_end)
{
        return end(REF_COMPACTION);
}
