/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_TELL_BPF_H
#define GUARD_TELL_BPF_H

/* What is counted, told and learnt, off the way of what is allowed. Include judge.bpf.h first. */

/* The entry of this CPU may be written by a task that was in the middle of it, too: additions are atomic. */
__noinline int guard_count(__u64 cgroup, __u32 which)
{
        __u32 slot = cgroup_slot(cgroup);
        struct guard_counts *counts_of;

        if (slot == CGROUP_SLOT_NONE)
                slot = config.elsewhere;
        slot += bpf_get_smp_processor_id() % config.n_shards;
        counts_of = bpf_map_lookup_elem(&counts, &slot);
        if (counts_of && which < _GUARD_COUNT_MAX)
                __sync_fetch_and_add(&counts_of->n[which], 1);
        return 0;
}

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
        hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
        return hash ^ hash >> 29;
}

/* Has one like it been told? From now on it has. */
static __always_inline bool was_seen(const struct guard_request *rq, __u64 stamp)
{
        __u64 hash = mix(mix(mix(mix(stamp, rq->cgroup), rq->upper), rq->lower),
                         (__u64) rq->port << 40 | (__u64) rq->protocol << 32 | (__u64) rq->rule << 16 | rq->kind), *there;
        __u32 at = hash >> (64 - GUARD_SEEN_BITS);

        there = bpf_map_lookup_elem(&seen, &at);
        if (!there || *there == hash)
                return there != NULL;
        *there = hash;
        return false;
}

static __always_inline void tell(struct guard_request *rq, struct guard_control *c, bool enforced)
{
        struct task_struct *task = (struct task_struct *) bpf_get_current_task();
        struct guard_event *e;

        if (rq->log == GUARD_LOG_NONE || (rq->log == GUARD_LOG_FIRST && was_seen(rq, c->stamp)))
                return;
        e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
        if (!e) {
                __sync_fetch_and_add(&c->events_lost, 1);
                return;
        }
        __builtin_memset(e, 0, sizeof(*e));
        e->time_ns = bpf_ktime_get_ns();
        e->cgroup = rq->cgroup;
        e->upper = rq->upper;
        e->lower = rq->lower;
        read_exe(&e->exe);
        e->pid = bpf_get_current_pid_tgid() >> 32;
        e->uid = current_user();
        e->port = rq->port;
        e->rule = rq->rule;
        e->family = rq->family;
        e->protocol = rq->protocol;
        e->kind = rq->kind;
        e->backend = rq->backend;
        e->enforced = enforced;
        bpf_get_current_comm(e->comm, sizeof(e->comm));
        bpf_probe_read_kernel_str(e->unit, sizeof(e->unit), BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, name));
        bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

__noinline int guard_learn(struct guard_request *rq)
{
        struct guard_flow_key key = {};
        struct guard_flow flow = {}, *known;
        struct guard_control *c = find_control();

        if (!rq || !c)
                return 0;
        key.cgroup = rq->cgroup;
        key.upper = rq->upper;
        key.lower = rq->lower;
        key.port = rq->port;
        key.family = rq->family;
        key.protocol = rq->protocol;
        key.kind = rq->kind;
        known = bpf_map_lookup_elem(&flows, &key);
        if (known) {
                __sync_fetch_and_add(&known->n, 1);
                return 0;
        }
        flow.n = 1;
        read_exe(&flow.exe);
        flow.pid = bpf_get_current_pid_tgid() >> 32;
        flow.uid = current_user();
        bpf_get_current_comm(flow.comm, sizeof(flow.comm));
        if (bpf_map_update_elem(&flows, &key, &flow, BPF_NOEXIST) == -7 /* E2BIG */)
                __sync_fetch_and_add(&c->flows_lost, 1);
        return 0;
}

/* From the layer that has spoken to the rule. Is it one that only tells? */
static __always_inline bool name_rule(struct guard_request *rq, __u32 generation)
{
        __u32 layer = rq->rule;
        const struct guard_layer *l = layer == GUARD_NO_RULE ? NULL : find_layer(generation, layer);

        rq->log = l ? l->log : GUARD_LOG_FIRST;
        rq->rule = l ? l->rule : GUARD_NO_RULE;
        return l && l->audits;
}

/* Before 5.5. */
struct task_struct___old {
        __u64 real_start_time;
} __attribute__((preserve_access_index));

static __always_inline __u64 start_of(struct task_struct *task)
{
        if (bpf_core_field_exists(task->start_boottime))
                return BPF_CORE_READ(task, start_boottime);
        return BPF_CORE_READ((struct task_struct___old *) task, real_start_time);
}

/*
 * Who it was, for a rule that ends such processes. By the group's leader: its number and start are the process's, also after an exec by another
 * thread, and /proc says the same.
 */
static __always_inline void remember(struct task_struct *task, bool enforced)
{
        struct task_struct *leader = BPF_CORE_READ(task, group_leader);
        struct guard_offender now = {}, *known;
        __u32 pid = bpf_get_current_pid_tgid() >> 32;

        now.cgroup = task_cgroup_id(leader, true);
        now.start_ns = start_of(leader);
        now.time_ns = bpf_ktime_get_ns();
        now.enforced = enforced;
        known = bpf_map_lookup_elem(&offenders, &pid);
        if (known)
                *known = now; /* an update takes a new element, and a lock */
        else
                (void) bpf_map_update_elem(&offenders, &pid, &now, BPF_ANY);
}

/* It would be refused, or is: whether it is. */
__noinline int guard_refuse(struct guard_request *rq, __u32 generation)
{
        struct guard_control *c = find_control();
        struct task_struct *task = (struct task_struct *) bpf_get_current_task();
        bool enforced;

        if (!rq || !c)
                return 0;
        if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
                return 0; /* the kernel's own, on nobody's behalf */
        enforced = !name_rule(rq, generation) && c->mode == GUARD_ENFORCE;
        if (!enforced && rq->backend != c->teller)
                return 0;
        guard_count(rq->cgroup, enforced ? GUARD_DENIED : GUARD_WOULD_DENY);
        remember(task, enforced);
        tell(rq, c, enforced);
        return enforced;
}

#endif
