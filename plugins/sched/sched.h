/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_SCHED_H
#define TRIMTAB_SCHED_H

/* What the BPF programs of the sched plugin and its user side share. */

#include <trimtab/bpf/histogram.h>

#include "cgroup-table.bpf.h"

/*
 * A watched cgroup's totals are spread over several entries of `groups`, one for each CPU where memory
 * allows. Its slot is the index of the first.
 */

/* In place of a slot, beside CGROUP_SLOT_NONE: no task at all. */
#define SCHED_SLOT_IDLE 0xffffffffu

/* Tasks whose run_delay we remember, direct-mapped by pid; 16 bytes each. */
#define SCHED_TURN_BITS 14

/* What is counted beside the histogram. */
enum sched_count {
        SCHED_LATENCY_SUM, /* ns, of all waits in the histogram */
        SCHED_RUNTIME,     /* ns, of turns on a CPU that are over */
        SCHED_SWITCHES,    /* times a task left a CPU */
        SCHED_PREEMPTIONS, /* of these: it would have gone on */
        SCHED_MIGRATIONS,
        SCHED_CYCLES,
        SCHED_INSTRUCTIONS,
        _SCHED_COUNT_MAX,
};

/*
 * Running totals of a cgroup (a part of them: see sched_config) or of a CPU. Slots of the histogram wrap at
 * 2^32, and are read once a tick: 64 bits would only double the memory. No two CPUs write to one cache line.
 */
struct sched_stats {
        trimtab_u32 latency[TRIMTAB_HIST_SLOTS]; /* waits on the run queue, ns */
        trimtab_u64 counts[_SCHED_COUNT_MAX];
} __attribute__((aligned(64)));

/* What a CPU has found in the table lately; not valid if the table has changed since. */
struct sched_recent {
        trimtab_u64 cgroup;
        trimtab_u32 slot;
        trimtab_u32 generation;
};

#define SCHED_RECENT_BITS 5
#define SCHED_MOVED_BITS 8

/*
 * One CPU: who runs there now, what it needs to know, and the totals of what no watched cgroup has (of all,
 * if CPUs share the cgroups' entries). All on one page of memory, as every page costs a walk of the page
 * tables; what every switch needs is the first cache line.
 */
struct sched_cpu {
        trimtab_u64 since;      /* clock at the last switch, ns; 0: none seen yet */
        trimtab_u64 cgroup;     /* id of the running task's cgroup */
        trimtab_u32 slot;       /* of that cgroup, or SCHED_SLOT_… */
        trimtab_u32 shard;      /* which of a slot's entries is this CPU's; set by user space */
        trimtab_u32 generation; /* of the table; user space counts it up with every change */
        trimtab_u32 all_moved;  /* nobody sets `moved`: take every task for moved */
        trimtab_u64 moved[1 << (SCHED_MOVED_BITS - 6)]; /* bit by hash of pid: a task was moved to this CPU */

        struct sched_recent recent[1 << SCHED_RECENT_BITS]; /* direct-mapped by hash of the cgroup's id */
        struct sched_stats stats;
        trimtab_u64 cycles, instructions; /* counters at the last switch; 0: none seen yet */
} __attribute__((aligned(2048)));

/* What a task had waited in all when it last left a CPU: the rest, when it is back, is this turn's wait. */
struct sched_turn {
        trimtab_u32 pid;
        trimtab_u32 arrivals;  /* sched_info.pcount, to know a turn that is not the task's last */
        trimtab_u64 run_delay; /* ns, or SCHED_TURN_SPOILED */
};

/*
 * Of a wait so long, in ns, the last turn is looked at also when the task does not seem to have been moved: the bit that says so may have
 * been taken by another, and a sleep of a tenth of a second that is taken for one wait would weigh as much as hundreds of waits.
 */
#define SCHED_LONG_WAIT (1ull << 20)

/* The kernel took a sleep for waiting (see the migrate program): this turn's wait cannot be known. */
#define SCHED_TURN_SPOILED (~0ull)

/* Fixed at load time. */
struct sched_config {
        trimtab_u32 shared;     /* 1: CPUs share entries of `groups`, so additions must be atomic */
        trimtab_u32 sched_info; /* 1: read the kernel's own timestamps; 0: take them at wakeups */
};

#endif
