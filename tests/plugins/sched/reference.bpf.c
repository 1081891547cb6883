/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Run-queue latency the classic way, to compare with: a timestamp by pid at every wakeup and preemption,
 * taken up at the switch. It knows nothing of the kernel's accounts, and a move to another CPU leaves the
 * timestamp as it is.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "reference.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 target; /* cgroup id */

struct reference seen;

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 65536);
        __type(key, __u32);
        __type(value, __u64);
} starts SEC(".maps");

static __always_inline int begin(struct task_struct *task)
{
        __u32 pid = task->pid;
        __u64 now = bpf_ktime_get_ns();

        bpf_map_update_elem(&starts, &pid, &now, BPF_ANY);
        return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(ref_wakeup, struct task_struct *task)
{
        return begin(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(ref_newtask, struct task_struct *task)
{
        return begin(task);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(ref_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
        __u32 pid = next->pid, slot;
        __u64 *start, wait;

        if (prev->pid && prev->__state == TASK_RUNNING)
                begin(prev);

        start = bpf_map_lookup_elem(&starts, &pid);
        if (!start || !pid)
                return 0;
        wait = bpf_ktime_get_ns() - *start;
        bpf_map_delete_elem(&starts, &pid);

        if (task_cgroup_id(next, false) != target)
                return 0;
        slot = trimtab_hist_slot(wait);
        if (slot < TRIMTAB_HIST_SLOTS)
                __sync_fetch_and_add(&seen.latency[slot], 1);
        __sync_fetch_and_add(&seen.latency_sum, wait);
        return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(ref_migrate, struct task_struct *task)
{
        if (task_cgroup_id(task, false) != target)
                return 0;
        __sync_fetch_and_add(&seen.migrations, 1);
        if (task->on_rq == TASK_ON_RQ_MIGRATING && task->__state == TASK_RUNNING)
                __sync_fetch_and_add(&seen.queued_migrations, 1);
        return 0;
}
