/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What applications do: their system calls, and the files that these are about.
 *
 * The tracepoints at the entry and exit of every system call are the only place that sees all of them on every kernel. Most calls on a
 * machine are none of ours, so the order of questions is the cost: is the class wanted (a word of memory), is the cgroup watched (a
 * look-up), is the file watched; and only then is a clock read.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "maps.bpf.h"
#include "file.bpf.h"
#include "detail.bpf.h"
#include "call.bpf.h"
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int on_exec(struct task_struct *task, struct linux_binprm *program, const bool raw)
{
        __u32 slot = task_slot(task, raw), watches;
        struct audit_stats *stats;
        struct file *file;

        if (slot == CGROUP_SLOT_NONE)
                return 0;
        stats = find_stats(slot);
        if (stats)
                ADD(stats->counts[AUDIT_EXECS], 1);

        watches = find_interest(slot);
        if (!watches)
                return 0;
        file = FIELD(raw, program, file);
        watches &= find_watches(file, true);
        if (watches) {
                count_file(watches, AUDIT_FILE_EXECS, 0, 0);
                tell_detail(task, file, watches, AUDIT_DETAIL_EXEC, raw);
        }
        return 0;
}

/* Processes; a new thread is part of one that is there. */
static __always_inline int on_fork(struct task_struct *parent, struct task_struct *child, const bool raw)
{
        struct audit_stats *stats;
        __u32 slot;

        if (FIELD(raw, child, pid) != FIELD(raw, child, tgid))
                return 0;
        slot = task_slot(parent, raw);
        if (slot == CGROUP_SLOT_NONE)
                return 0;
        stats = find_stats(slot);
        if (stats)
                ADD(stats->counts[AUDIT_FORKS], 1);
        return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(audit_enter, struct pt_regs *regs, long number)
{
        return on_enter(regs, number, false);
}

SEC("raw_tp/sys_enter")
int BPF_PROG(audit_enter_r, struct pt_regs *regs, long number)
{
        return on_enter(regs, number, true);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(audit_exit, struct pt_regs *regs, long result)
{
        return on_exit(result, false);
}

SEC("raw_tp/sys_exit")
int BPF_PROG(audit_exit_r, struct pt_regs *regs, long result)
{
        return on_exit(result, true);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(audit_exec, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
        return on_exec(task, program, false);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(audit_exec_r, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
        return on_exec(task, program, true);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(audit_fork, struct task_struct *parent, struct task_struct *child)
{
        return on_fork(parent, child, false);
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(audit_fork_r, struct task_struct *parent, struct task_struct *child)
{
        return on_fork(parent, child, true);
}

/* The tracepoint has had two names. */
SEC("raw_tp/io_uring_submit_req")
int BPF_PROG(audit_submit, struct io_kiocb *request)
{
        return on_submit(request);
}

SEC("raw_tp/io_uring_submit_sqe")
int BPF_PROG(audit_submit_s, struct io_kiocb *request)
{
        return on_submit(request);
}

SEC("raw_tp/io_uring_complete")
int audit_complete(struct bpf_raw_tracepoint_args *ctx)
{
        __s32 result;

        /* An argument that the tracepoint does not have must not be read, or it is not attached. */
        if (config.cqe)
                result = BPF_CORE_READ((struct io_uring_cqe *) ctx->args[2], res);
        else
                result = ctx->args[3];
        return on_complete((struct io_kiocb *) ctx->args[1], result);
}

/* Never attached: user space runs it, to learn how the kernel sees the file behind one of its descriptors. */
volatile struct audit_inode identity;

SEC("raw_tp/sys_enter")
int BPF_PROG(audit_identify, __u64 fd)
{
        struct file *file = find_file(current_task(true), fd, true);
        struct audit_inode inode;

        if (!file)
                return -1;
        read_inode(BPF_CORE_READ(file, f_inode), &inode);
        identity.number = inode.number;
        identity.device = inode.device;
        identity.generation = inode.generation;
        return 0;
}
