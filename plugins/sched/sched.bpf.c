/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Who waits for a CPU, and who uses it: one program at sched_switch.
 *
 * How long `next` waited is read off the kernel's own books. sched_info.last_queued says since when it waits
 * on this run queue; the tracepoint comes before prepare_task_switch() settles the account, so it still
 * stands. A task that is moved while it waits has the piece before the move booked into sched_info.run_delay,
 * and last_queued starts anew; so we note run_delay when a task leaves a CPU, and whatever it has grown by
 * when the task is back belongs to the wait that ends. Both are on the run queue's clock, which the switch
 * has just updated: no clock is read here.
 *
 * These run under the run queue's lock with interrupts off: they look up, never insert, and are never
 * interrupted by one another on a CPU.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u64 read_clock(struct task_struct *task, const bool raw)
{
        return config.sched_info ? task_rq_clock(task, raw) : bpf_ktime_get_ns();
}

#define ADD(shared, counter, n)                                                                              \
        ((shared) ? (void) __sync_fetch_and_add(&(counter), (n)) : (void) ((counter) += (n)))

static __always_inline void count_turn(struct sched_stats *stats, const bool shared, __u64 runtime,
                                       __u32 preempted)
{
        ADD(shared, stats->counts[SCHED_RUNTIME], runtime);
        ADD(shared, stats->counts[SCHED_SWITCHES], 1);
        if (preempted)
                ADD(shared, stats->counts[SCHED_PREEMPTIONS], 1);
}

static __always_inline void count_wait(struct sched_stats *stats, const bool shared, __u32 slot, __u64 wait)
{
        if (slot >= TRIMTAB_HIST_SLOTS)
                return; /* for the verifier */
        ADD(shared, stats->latency[slot], 1);
        ADD(shared, stats->counts[SCHED_LATENCY_SUM], wait);
}

/* `task` leaves its CPU: from here on whatever run_delay grows by is its next wait. */
static __always_inline void note_departure(struct task_struct *task, __u32 pid, bool preempted, __u64 now,
                                           const bool raw)
{
        if (config.sched_info) {
                struct sched_turn *turn = find_turn(pid);

                if (!turn)
                        return;
                turn->pid = pid;
                turn->arrivals = FIELD(raw, task, sched_info.pcount);
                turn->run_delay = FIELD(raw, task, sched_info.run_delay);
        } else if (preempted)
                bpf_map_update_elem(&starts, &pid, &now, BPF_ANY);
}

/* How long `task`, which now gets a CPU, has waited for it; false when that is not known. */
static __always_inline bool take_wait(struct sched_cpu *here, struct task_struct *task, __u32 pid, __u64 now,
                                      const bool raw, __u64 *ret)
{
        __u64 start, run_delay, before;
        struct sched_turn *turn;
        __u32 arrivals;

        if (!config.sched_info) {
                __u64 *p = bpf_map_lookup_elem(&starts, &pid);

                if (!p)
                        return false;
                *ret = now - *p;
                bpf_map_delete_elem(&starts, &pid);
                return (__s64) *ret >= 0;
        }

        start = FIELD(raw, task, sched_info.last_queued);
        if (!start || start > now)
                return false;
        *ret = now - start;
        if (!take_moved(here, pid) && *ret < SCHED_LONG_WAIT)
                return true;

        run_delay = FIELD(raw, task, sched_info.run_delay);
        arrivals = FIELD(raw, task, sched_info.pcount);
        turn = find_turn(pid);

        if (turn && turn->pid == pid && turn->arrivals == arrivals) {
                before = turn->run_delay;
                if (before == SCHED_TURN_SPOILED)
                        return false;
        } else
                before = arrivals ? run_delay : 0; /* a new task has a known beginning */

        if (run_delay > before)
                *ret += run_delay - before;
        return true;
}

/*
 * What costs here is the first touch of each page of map memory, as a system call may have emptied the TLB.
 * So `next` is looked up before `prev` is dealt with: the processor then waits for all of it at once.
 */
static __always_inline int on_switch(bool preempt, struct task_struct *prev, struct task_struct *next,
                                     const bool raw)
{
        __u32 cpu = bpf_get_smp_processor_id(), prev_pid = FIELD(raw, prev, pid),
              next_pid = FIELD(raw, next, pid);
        struct sched_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);
        __u64 now = read_clock(next, raw), wait = 0, cgroup = 0;
        struct sched_stats *group;
        __u32 slot = SCHED_SLOT_IDLE, old_slot;
        bool waited = false;

        if (!here)
                return 0;
        old_slot = here->slot;

        if (next_pid) {
                cgroup = task_cgroup_id(next, raw);
                slot = find_slot(here, cgroup);
                waited = take_wait(here, next, next_pid, now, raw, &wait);
        }

        if (prev_pid) {
                /* With `preempt` a task leaves in whatever state it was about to enter. */
                bool runnable = FIELD(raw, prev, __state) == TASK_RUNNING;
                __u64 since = here->since, runtime = since && now > since ? now - since : 0;
                __u64 old_cgroup = task_cgroup_id(prev, raw);

                if (old_cgroup != here->cgroup)
                        old_slot = find_slot(here, old_cgroup); /* it has moved since it got the CPU */
                group = find_group(here, old_slot);
                if (group)
                        count_turn(group, config.shared, runtime, preempt || runnable);
                if (!group || config.shared)
                        count_turn(&here->stats, false, runtime, preempt || runnable);
                note_departure(prev, prev_pid, runnable, now, raw);
        }

        if (waited) {
                __u32 bin = trimtab_hist_slot(wait);

                group = find_group(here, slot);
                if (group)
                        count_wait(group, config.shared, bin, wait);
                if (!group || config.shared)
                        count_wait(&here->stats, false, bin, wait);
        }

        here->cgroup = cgroup;
        here->slot = slot;
        here->since = now;
        return 0;
}

/*
 * A move to another CPU, waking up or waiting; tell that CPU. Since 6.12 a task that went to sleep may stay
 * on the run queue for a while. Moved in that state it is booked as waiting from then on, though it sleeps:
 * what it will seem to have waited is worthless, so the turn is spoiled.
 */
static __always_inline int on_migrate(struct task_struct *task, __u32 to, const bool raw)
{
        __u32 cpu = bpf_get_smp_processor_id(), pid = FIELD(raw, task, pid);
        struct sched_cpu *here = bpf_map_lookup_elem(&cpus, &cpu), *there = bpf_map_lookup_elem(&cpus, &to);
        __u32 hash = hash_64(pid, SCHED_MOVED_BITS);
        struct sched_stats *group;

        if (!here || !there)
                return 0;

        group = find_group(here, find_slot(here, task_cgroup_id(task, raw)));
        if (group)
                ADD(config.shared, group->counts[SCHED_MIGRATIONS], 1);
        if (!group || config.shared)
                here->stats.counts[SCHED_MIGRATIONS]++;

        if (!config.sched_info)
                return 0;
        __sync_fetch_and_or(&there->moved[hash / 64], 1ull << hash % 64);

        if (bpf_core_field_exists(struct sched_entity, sched_delayed) && FIELD(raw, task, se.sched_delayed) &&
            FIELD(raw, task, on_rq) == TASK_ON_RQ_MIGRATING) {
                struct sched_turn *turn = find_turn(pid);

                if (!turn)
                        return 0;
                turn->pid = pid;
                turn->arrivals = FIELD(raw, task, sched_info.pcount);
                turn->run_delay = SCHED_TURN_SPOILED;
        }
        return 0;
}

/* Only where the kernel keeps no timestamp. */
static __always_inline int on_wakeup(struct task_struct *task, const bool raw)
{
        __u32 pid = FIELD(raw, task, pid);
        __u64 now = bpf_ktime_get_ns();

        bpf_map_update_elem(&starts, &pid, &now, BPF_ANY);
        return 0;
}

/* What a counter has advanced by since the last switch on this CPU. */
static __always_inline __u64 advance(void *events, __u64 *last)
{
        struct bpf_perf_event_value value = {};
        __u64 before = *last;

        if (bpf_perf_event_read_value(events, BPF_F_CURRENT_CPU, &value, sizeof(value)))
                return 0;
        *last = value.counter;
        return before ? value.counter - before : 0;
}

/* Apart from on_switch(), as reading a counter costs as much as all of that. */
static __always_inline int on_counters(struct task_struct *prev, const bool raw)
{
        __u32 cpu = bpf_get_smp_processor_id();
        struct sched_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);
        struct sched_stats *group;
        __u64 cycles_run, instructions_run;

        if (!here)
                return 0;

        cycles_run = advance(&cycles, &here->cycles);
        instructions_run = advance(&instructions, &here->instructions);
        if (!FIELD(raw, prev, pid))
                return 0;

        group = find_group(here, find_slot(here, task_cgroup_id(prev, raw)));
        if (group) {
                ADD(config.shared, group->counts[SCHED_CYCLES], cycles_run);
                ADD(config.shared, group->counts[SCHED_INSTRUCTIONS], instructions_run);
        }
        if (!group || config.shared) {
                here->stats.counts[SCHED_CYCLES] += cycles_run;
                here->stats.counts[SCHED_INSTRUCTIONS] += instructions_run;
        }
        return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
        return on_switch(preempt, prev, next, false);
}

SEC("raw_tp/sched_switch")
int BPF_PROG(sched_switch_r, bool preempt, struct task_struct *prev, struct task_struct *next)
{
        return on_switch(preempt, prev, next, true);
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate, struct task_struct *task, int to)
{
        return on_migrate(task, to, false);
}

SEC("raw_tp/sched_migrate_task")
int BPF_PROG(sched_migrate_r, struct task_struct *task, int to)
{
        return on_migrate(task, to, true);
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
        return on_wakeup(task, false);
}

SEC("raw_tp/sched_wakeup")
int BPF_PROG(sched_wakeup_r, struct task_struct *task)
{
        return on_wakeup(task, true);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_newtask, struct task_struct *task)
{
        return on_wakeup(task, false);
}

SEC("raw_tp/sched_wakeup_new")
int BPF_PROG(sched_newtask_r, struct task_struct *task)
{
        return on_wakeup(task, true);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_counters, bool preempt, struct task_struct *prev)
{
        return on_counters(prev, false);
}

SEC("raw_tp/sched_switch")
int BPF_PROG(sched_counters_r, bool preempt, struct task_struct *prev)
{
        return on_counters(prev, true);
}

/*
 * Run once, after the first program is attached: what runs now and has not been switched since would be
 * unknown for as long as it keeps its CPU. The kernel knows when it got it.
 */
SEC("iter/task")
int sched_seed(struct bpf_iter__task *ctx)
{
        struct task_struct *task = ctx->task;
        struct sched_cpu *here;
        __u32 cpu;

        if (!task || !config.sched_info || !task->on_cpu || !task->pid)
                return 0;

        cpu = task->se.cfs_rq->rq->cpu;
        here = bpf_map_lookup_elem(&cpus, &cpu);
        if (!here || here->since)
                return 0;

        here->cgroup = task_cgroup_id(task, false);
        here->slot = find_slot(here, here->cgroup);
        here->since = task->sched_info.last_arrival;
        return 0;
}
