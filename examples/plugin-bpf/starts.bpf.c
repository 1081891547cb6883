/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Cgroups that somebody asked for -> programs started in each. User space sets the size, and adds and removes. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __type(key, __u64);
        __type(value, __u64);
        __uint(max_entries, 1);
} counts SEC(".maps");

SEC("raw_tp/sched_process_exec")
int count(void *context)
{
        __u64 cgroup = bpf_get_current_cgroup_id();
        __u64 *n = bpf_map_lookup_elem(&counts, &cgroup);

        if (n)
                __sync_fetch_and_add(n, 1);
        return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
