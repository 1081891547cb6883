/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_TASK_BPF_H
#define TRIMTAB_TASK_BPF_H

/* What BPF programs ask about a task. Include kernel.bpf.h and bpf_core_read.h first. */

/*
 * FIELD(raw, pointer, step, step, …) follows pointers into the kernel: FIELD(raw, task, cgroups, dfl_cgrp,
 * kn, id). In a tp_btf program (raw is false) these are plain loads, which the verifier allows on typed
 * pointers; in a raw_tp program (raw is true) every step is a probe read. `raw` must be a constant where it
 * is inlined.
 */
#define FIELD(raw, pointer, ...)                                                                             \
        ((raw) ? BPF_CORE_READ(pointer, __VA_ARGS__) : FIELD_STEPS(pointer, __VA_ARGS__))

#define FIELD_STEPS(pointer, ...) FIELD_STEPS_N(__VA_ARGS__, 4, 3, 2, 1)(pointer, __VA_ARGS__)
#define FIELD_STEPS_N(a, b, c, d, n, ...) FIELD_STEPS_##n
#define FIELD_STEPS_1(p, a) ((p)->a)
#define FIELD_STEPS_2(p, a, b) ((p)->a->b)
#define FIELD_STEPS_3(p, a, b, c) ((p)->a->b->c)
#define FIELD_STEPS_4(p, a, b, c, d) ((p)->a->b->c->d)

/* The id of a task's cgroup in the unified hierarchy: the inode of its directory. */
static inline __attribute__((always_inline)) __u64 task_cgroup_id(struct task_struct *task, const bool raw)
{
        return FIELD(raw, task, cgroups, dfl_cgrp, kn, id);
}

/* The clock, in ns, of a task's run queue; as fresh as the last scheduling decision there. */
static inline __attribute__((always_inline)) __u64 task_rq_clock(struct task_struct *task, const bool raw)
{
        return FIELD(raw, task, se.cfs_rq, rq, clock);
}

#endif
