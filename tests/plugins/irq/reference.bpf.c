/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Interrupts and softirqs the plain way, to compare with: a timestamp in a hash at the beginning, taken up at the end. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "reference.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct reference seen;

/* cpu << 32 | irq, or 0x80000000 + vector -> when it began */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 65536);
        __type(key, __u64);
        __type(value, __u64);
} starts SEC(".maps");

static __always_inline void begin(__u32 what)
{
        __u64 key = (__u64) bpf_get_smp_processor_id() << 32 | what, now = bpf_ktime_get_ns();

        bpf_map_update_elem(&starts, &key, &now, BPF_ANY);
}

static __always_inline __u64 end(__u32 what)
{
        __u64 key = (__u64) bpf_get_smp_processor_id() << 32 | what, now = bpf_ktime_get_ns(), time = 0;
        __u64 *start = bpf_map_lookup_elem(&starts, &key);

        if (start)
                time = now - *start;
        bpf_map_delete_elem(&starts, &key);
        return time;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(ref_enter, int irq)
{
        begin(irq);
        return 0;
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(ref_leave, int irq)
{
        __u64 time = end(irq);

        if (!time)
                return 0;
        __sync_fetch_and_add(&seen.count[(unsigned) irq % REFERENCE_IRQS], 1);
        __sync_fetch_and_add(&seen.time[(unsigned) irq % REFERENCE_IRQS], time);
        return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(ref_softirq_enter, unsigned int vector)
{
        begin(0x80000000 + vector);
        return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(ref_softirq_leave, unsigned int vector)
{
        __u64 time = end(0x80000000 + vector);

        if (!time)
                return 0;
        __sync_fetch_and_add(&seen.softirqs[vector % REFERENCE_VECTORS], 1);
        __sync_fetch_and_add(&seen.softirq_time[vector % REFERENCE_VECTORS], time);
        return 0;
}
