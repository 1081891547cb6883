/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AUDIT_DETAIL_BPF_H
#define AUDIT_DETAIL_BPF_H

/* Opens and starts of programs one by one, for watched paths with detail = yes. Include maps.bpf.h first. */

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 64 << 10);
} details SEC(".maps");

/* How many were told of this tick, and how many of all were not. */
volatile __u64 details_told, details_dropped;
volatile __u32 details_tick;

/* The limit is one for all paths, by the tick: counting exactly would need a lock, and a few more are no harm. */
static __always_inline bool is_allowed(void)
{
        if (details_tick != control.tick) {
                details_tick = control.tick;
                details_told = 0;
        }
        if (details_told >= control.details_per_tick)
                return false;
        __sync_fetch_and_add(&details_told, 1);
        return true;
}

static __always_inline void tell_detail(struct task_struct *task, struct file *file, __u32 watches, __u32 kind, const bool raw)
{
        struct audit_detail *d;

        watches &= control.detailed;
        if (!watches)
                return;
        d = is_allowed() ? bpf_ringbuf_reserve(&details, sizeof(*d), 0) : NULL;
        if (!d) {
                __sync_fetch_and_add(&details_dropped, 1);
                return;
        }
        d->cgroup = task_cgroup_id(task, raw);
        d->pid = FIELD(raw, task, tgid);
        d->watch = trimtab_log2(watches);
        d->kind = kind;
        d->reserved = 0;
        bpf_get_current_comm(d->comm, sizeof(d->comm));
        if (bpf_probe_read_kernel_str(d->name, sizeof(d->name), BPF_CORE_READ(file, f_path.dentry, d_name.name)) < 0)
                d->name[0] = 0;
        bpf_ringbuf_submit(d, BPF_RB_NO_WAKEUP);
}

#endif
