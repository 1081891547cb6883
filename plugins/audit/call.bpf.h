/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AUDIT_CALL_BPF_H
#define AUDIT_CALL_BPF_H

/* A system call from its entry to its exit. Include maps.bpf.h, file.bpf.h and detail.bpf.h first. */

/* Results that the task never sees: the call is made again, and that one counts. */
#define ERESTART_FIRST (-516)
#define ERESTART_LAST (-512)

#define TS_COMPAT 0x2            /* x86: thread_info.status */
#define TIF_32BIT (1ul << 22)    /* arm64: thread_info.flags */
#define X32_SYSCALL_BIT 0x40000000

/* A 32-bit call has numbers of its own. */
static __always_inline bool is_compat(struct task_struct *task, const bool raw)
{
#if defined(__TARGET_ARCH_x86)
        return (raw ? BPF_CORE_READ(task, thread_info.status) : task->thread_info.status) & TS_COMPAT;
#else
        return (raw ? BPF_CORE_READ(task, thread_info.flags) : task->thread_info.flags) & TIF_32BIT;
#endif
}

/* Argument 0, 1, 2 or 4, as a descriptor; i must be a constant where it is inlined. */
static __always_inline __u32 argument(struct pt_regs *regs, const int i, bool compat, const bool raw)
{
#if defined(__TARGET_ARCH_x86)
        if (compat)
                return i == 0 ? FIELD(raw, regs, bx) : i == 1 ? FIELD(raw, regs, cx) :
                       i == 2 ? FIELD(raw, regs, dx) : FIELD(raw, regs, di);
        return i == 0 ? FIELD(raw, regs, di) : i == 1 ? FIELD(raw, regs, si) :
               i == 2 ? FIELD(raw, regs, dx) : FIELD(raw, regs, r8);
#else
        return FIELD(raw, regs, regs[i]);
#endif
}

/* Argument 1 or 2 of a 64-bit task, whole. */
static __always_inline __u64 long_argument(struct pt_regs *regs, const int i, const bool raw)
{
#if defined(__TARGET_ARCH_x86)
        return i == 1 ? FIELD(raw, regs, si) : FIELD(raw, regs, dx);
#else
        return FIELD(raw, regs, regs[i]);
#endif
}

static __always_inline struct audit_call find_call(__u64 number, bool compat)
{
        struct audit_call call = { AUDIT_OTHER, AUDIT_USE_NONE };

        number &= ~X32_SYSCALL_BIT;
        if (number >= AUDIT_CALLS_MAX)
                return call;
        if (compat) {
                call.class = config.compat[number].class;
                call.use = config.compat[number].use;
        } else {
                call.class = config.calls[number].class;
                call.use = config.calls[number].use;
        }
        return call;
}

static __always_inline struct audit_turn *find_turn(__u32 pid)
{
        /* Pids are given in a row, so that those of a service hardly ever fall together. */
        __u32 key = pid & ((1 << AUDIT_TURN_BITS) - 1);

        return bpf_map_lookup_elem(&turns, &key);
}

/* What a task hands to io_submit(); from <linux/aio_abi.h>, of the same layout in all 64-bit tasks. */
struct control_block {
        __u64 data, key_and_flags;
        __u16 opcode;
        __s16 priority;
        __u32 fd;
        __u64 buffer, n_bytes;
};

enum {
        IOCB_CMD_PREAD = 0,
        IOCB_CMD_PWRITE = 1,
        IOCB_CMD_FSYNC = 2,
        IOCB_CMD_FDSYNC = 3,
        IOCB_CMD_PREADV = 7,
        IOCB_CMD_PWRITEV = 8,
};

/* Of a row of blocks, at most these are looked at. */
#define BLOCKS_MAX 32

/*
 * Counts a block as what it asks for, at its submission: that it is done only the task's own memory tells. The length of vectors is not
 * looked for. Verified once, as a function of its own.
 */
__noinline int audit_count_block(__u64 where, __u32 watches)
{
        struct control_block block;
        struct task_struct *task = current_task(true);
        __u32 ops, bytes = 0;
        __u64 at;

        if (bpf_probe_read_user(&at, sizeof(at), (void *) where) || bpf_probe_read_user(&block, sizeof(block), (void *) at))
                return 0;
        if (block.opcode == IOCB_CMD_PREAD || block.opcode == IOCB_CMD_PREADV)
                ops = AUDIT_FILE_READS;
        else if (block.opcode == IOCB_CMD_PWRITE || block.opcode == IOCB_CMD_PWRITEV)
                ops = AUDIT_FILE_WRITES;
        else if (block.opcode == IOCB_CMD_FSYNC || block.opcode == IOCB_CMD_FDSYNC)
                ops = AUDIT_FILE_SYNCS;
        else
                return 0;
        if (block.opcode <= IOCB_CMD_PWRITE)
                bytes = block.n_bytes;
        watches &= find_watches(find_file(task, block.fd, true), false);
        if (watches)
                count_file(watches, ops, bytes, AUDIT_NO_TIME);
        return 0;
}

static __always_inline void count_blocks(struct pt_regs *regs, __u32 watches, const bool raw)
{
        __u64 n = long_argument(regs, 1, raw), blocks = long_argument(regs, 2, raw);

        for (__u32 i = 0; i < BLOCKS_MAX && i < n; i++)
                audit_count_block(blocks + i * sizeof(__u64), watches);
}

/* Which of the files that the call is about are watched: read ones in *ret_in, written and synced ones in *ret_out. */
static __always_inline void find_files(struct task_struct *task, struct pt_regs *regs, __u32 use, bool compat, __u32 watches,
                                       __u32 *ret_in, __u32 *ret_out, const bool raw)
{
        bool first_is_in = use == AUDIT_USE_READ || use == AUDIT_USE_COPY || use == AUDIT_USE_MAP;
        __u32 fd, second = -1;

        if (use == AUDIT_USE_OPEN) {
                *ret_in = watches; /* which file is known at the exit */
                return;
        }
        fd = use == AUDIT_USE_MAP ? argument(regs, 4, compat, raw) : argument(regs, 0, compat, raw);
        if (use == AUDIT_USE_SEND)
                second = argument(regs, 1, compat, raw);
        else if (use == AUDIT_USE_COPY)
                second = argument(regs, 2, compat, raw);

        for (int i = 0; i < 2; i++) {
                __u32 found = fd == (__u32) -1 ? 0 : find_watches(find_file(task, fd, raw), false) & watches;

                if (first_is_in == (i == 0))
                        *ret_in |= found;
                else
                        *ret_out |= found;
                fd = second;
                if (fd == (__u32) -1)
                        break;
        }
}

static __always_inline int on_enter(struct pt_regs *regs, __u64 number, const bool raw)
{
        struct task_struct *task = current_task(raw);
        bool compat = is_compat(task, raw), timed;
        struct audit_call call = find_call(number, compat);
        __u32 class = call.class, slot, pid, in = 0, out = 0;
        bool counted = control.counted & 1u << class;
        struct audit_turn *turn;

        timed = control.timed & 1u << class;
        if (!counted && !timed && !(call.use && control.watches))
                return 0;
        slot = task_slot(task, raw);
        if (slot == CGROUP_SLOT_NONE)
                return 0;

        if (counted)
                count_call(slot, class, false);
        if (call.use) {
                __u32 watches = find_interest(slot);

                if (watches && call.use == AUDIT_USE_AIO)
                        count_blocks(regs, watches, raw);
                else if (watches)
                        find_files(task, regs, call.use, compat, watches, &in, &out, raw);
        }
        if (!timed && !in && !out)
                return 0;

        pid = FIELD(raw, task, pid);
        turn = find_turn(pid);
        if (!turn)
                return 0;
        turn->task = (__u64) task;
        turn->pid = pid;
        turn->epoch = control.epoch;
        turn->slot = slot;
        turn->class = class;
        turn->use = call.use;
        turn->timed = timed;
        turn->in = in;
        turn->out = out;
        turn->start = bpf_ktime_get_ns();
        return 0;
}

/* What a call or request has done to files. */
static __always_inline void count_use(struct task_struct *task, __u32 use, __u32 in, __u32 out, __s64 result, __u64 ns,
                                      const bool raw)
{
        struct file *file;

        if (result < 0)
                return;
        switch (use) {
        case AUDIT_USE_READ:
        case AUDIT_USE_SEND:
        case AUDIT_USE_COPY:
        case AUDIT_USE_WRITE:
                if (in)
                        count_file(in, AUDIT_FILE_READS, result, ns);
                if (out)
                        count_file(out, AUDIT_FILE_WRITES, result, ns);
                break;
        case AUDIT_USE_SYNC:
                count_file(out, AUDIT_FILE_SYNCS, 0, ns);
                break;
        case AUDIT_USE_MAP:
                count_file(in, AUDIT_FILE_MAPS, 0, 0);
                break;
        case AUDIT_USE_OPEN:
                file = find_file(task, result, raw);
                in &= find_watches(file, true);
                if (in) {
                        count_file(in, AUDIT_FILE_OPENS, 0, 0);
                        tell_detail(task, file, in, AUDIT_DETAIL_OPEN, raw);
                }
                break;
        }
}

static __always_inline int on_exit(__s64 result, const bool raw)
{
        struct task_struct *task = current_task(raw);
        __u32 pid = FIELD(raw, task, pid);
        struct audit_turn *turn = find_turn(pid);
        struct audit_stats *stats;
        __u64 ns;

        /*
         * Not the entry of this exit: what began before we were attached, a task that ended in its call and left its place to another of its
         * number, a thread that took its leader's number by exec, a child that returns from a fork it has not called.
         */
        if (!turn || turn->task != (__u64) task || turn->pid != pid)
                return 0;
        turn->task = 0;
        if (turn->epoch != control.epoch || (result >= ERESTART_FIRST && result <= ERESTART_LAST))
                return 0;

        ns = bpf_ktime_get_ns() - turn->start;
        if (turn->timed) {
                stats = find_stats(turn->slot);
                if (stats)
                        count_latency(stats, turn->class, ns);
        }
        if (turn->in | turn->out)
                count_use(task, turn->use, turn->in, turn->out, result, ns, raw);
        return 0;
}

#endif
