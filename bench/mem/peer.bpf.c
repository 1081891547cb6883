/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * To compare with: programs that do nothing, on each hook, and the count of pages as a tracer makes it of "sum the pages by cgroup", in a
 * hash for each CPU.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define BPF_MAP_TYPE_PERCPU_HASH 5

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
        __uint(max_entries, 4096);
        __type(key, __u64);
        __type(value, __u64);
} sums SEC(".maps");

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(hash_page, void *page, unsigned int order)
{
        __u64 cgroup = bpf_get_current_cgroup_id(), n = 1ull << (order & 31), *sum;

        sum = bpf_map_lookup_elem(&sums, &cgroup);
        if (sum)
                *sum += n;
        else
                bpf_map_update_elem(&sums, &cgroup, &n, BPF_ANY);
        return 0;
}

SEC("raw_tp/mm_page_alloc")
int empty_page(void *ctx)
{
        return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int empty_direct(void *ctx)
{
        return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int empty_direct_end(void *ctx)
{
        return 0;
}
