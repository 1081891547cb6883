/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AUDIT_URING_BPF_H
#define AUDIT_URING_BPF_H

/* What goes through io_uring and so past the system calls. Raw tracepoints all: a request's address is a number to these, and so can be hashed. Include call.bpf.h first. */

static __always_inline struct audit_turn *find_request(__u64 request)
{
        __u32 key = hash_64(request, AUDIT_REQUEST_BITS);

        return bpf_map_lookup_elem(&requests, &key);
}

/* In the task that submits, or in its ring's kernel thread, which is in the same cgroup. The request has no file yet. */
static __always_inline int on_submit(struct io_kiocb *request)
{
        struct task_struct *task = current_task(true);
        __u32 opcode = BPF_CORE_READ(request, opcode), slot, class, watches;
        bool counted, timed;
        struct audit_turn *turn;

        if (opcode >= AUDIT_REQUESTS_MAX)
                return 0;
        class = config.requests[opcode].class;
        counted = control.counted & 1u << class;
        timed = control.timed & 1u << class;
        if (!counted && !timed && !control.watches)
                return 0;
        slot = task_slot(task, true);
        if (slot == CGROUP_SLOT_NONE)
                return 0;

        if (counted)
                count_call(slot, class, true);
        watches = config.requests[opcode].use ? find_interest(slot) : 0;
        if (!timed && !watches)
                return 0;

        turn = find_request((__u64) request);
        if (!turn)
                return 0;
        turn->task = (__u64) request;
        turn->epoch = control.epoch;
        turn->slot = slot;
        turn->class = class;
        turn->use = config.requests[opcode].use;
        turn->timed = timed;
        turn->in = watches;
        turn->start = bpf_ktime_get_ns();
        return 0;
}

/* In whatever context. A request that reports several times is over at the first. */
static __always_inline int on_complete(struct io_kiocb *request, __s64 result)
{
        struct audit_turn *turn;
        struct audit_stats *stats;
        __u32 watches, use;
        __u64 ns;

        if (!request)
                return 0;
        turn = find_request((__u64) request);
        if (!turn || turn->task != (__u64) request)
                return 0;
        turn->task = 0;
        if (turn->epoch != control.epoch)
                return 0;

        ns = bpf_ktime_get_ns() - turn->start;
        if (turn->timed) {
                stats = find_stats(turn->slot);
                if (stats)
                        count_latency(stats, turn->class, ns);
        }

        use = turn->use;
        watches = turn->in;
        if (!watches || result < 0)
                return 0;
        if (use == AUDIT_USE_OPEN) {
                count_use(current_task(true), use, watches, 0, result, ns, true);
                return 0;
        }
        watches &= find_watches(BPF_CORE_READ(request, file), false);
        if (watches && use != AUDIT_USE_NONE)
                count_file(watches, use == AUDIT_USE_READ ? AUDIT_FILE_READS : use == AUDIT_USE_WRITE ? AUDIT_FILE_WRITES : AUDIT_FILE_SYNCS, result,
                                 ns);
        return 0;
}

#endif
