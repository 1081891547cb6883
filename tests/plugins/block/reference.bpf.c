/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Latency of requests the classic way, to compare with: timestamps by address, of the bio when it gets its request and of the request when it is
 * inserted and issued, taken up when it completes. It knows nothing of the kernel's own.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "block.bpf.h"
#include "reference.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target; /* dev of the disk */

struct reference seen;

struct times {
        __u64 inserted, issued;
};

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 16384);
        __type(key, __u64);
        __type(value, struct times);
} times SEC(".maps");

/* bio -> when it got its request. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 16384);
        __type(key, __u64);
        __type(value, __u64);
} made SEC(".maps");

SEC("tp_btf/block_getrq")
int BPF_PROG(ref_make, struct bio *bio)
{
        __u64 key = (__u64) bio, now = bpf_ktime_get_ns();

        bpf_map_update_elem(&made, &key, &now, BPF_ANY);
        return 0;
}

SEC("tp_btf/block_rq_insert")
int BPF_PROG(ref_insert, struct request *rq)
{
        struct times t = { .inserted = bpf_ktime_get_ns() };
        __u64 key = (__u64) rq;

        bpf_map_update_elem(&times, &key, &t, BPF_ANY);
        return 0;
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(ref_issue, struct request *rq)
{
        struct times t = {}, *before;
        __u64 key = (__u64) rq;

        before = bpf_map_lookup_elem(&times, &key);
        t.issued = bpf_ktime_get_ns();
        t.inserted = before ? before->inserted : t.issued;
        bpf_map_update_elem(&times, &key, &t, BPF_ANY);
        return 0;
}

static __always_inline void count(struct reference_latency *l, __u64 ns)
{
        __u32 slot = trimtab_hist_slot(ns);

        if (slot < TRIMTAB_HIST_SLOTS)
                __sync_fetch_and_add(&l->slots[slot], 1);
        __sync_fetch_and_add(&l->sum, ns);
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(ref_complete, struct request *rq)
{
        __u64 key = (__u64) rq, bio = (__u64) rq->bio, now = bpf_ktime_get_ns();
        __u64 *begin = bpf_map_lookup_elem(&made, &bio);
        struct times *t = bpf_map_lookup_elem(&times, &key);

        if (t && t->issued && disk_dev(rq->q->disk, false) == target) {
                count(&seen.device, now - t->issued);
                count(&seen.queued, now - t->inserted);
                count(&seen.whole, now - (begin ? *begin : t->inserted));
        }
        bpf_map_delete_elem(&made, &bio);
        bpf_map_delete_elem(&times, &key);
        return 0;
}
