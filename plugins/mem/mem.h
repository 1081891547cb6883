/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_MEM_H
#define TRIMTAB_MEM_H

/* What the BPF programs of the mem plugin and its user side share. */

#include <trimtab/bpf/histogram.h>

/* What a task does itself, and waits for, because it wants memory. */
enum mem_stall {
        MEM_RECLAIM,       /* direct reclaim: the machine, or a node that is bound to, is short */
        MEM_MEMCG_RECLAIM, /* its cgroup, or one above, is at its limit */
        MEM_COMPACTION,    /* direct compaction: a large block is wanted, and there are only small ones */
        _MEM_STALL_MAX,
};

/*
 * Running totals of a watched cgroup. Slots of the histograms wrap at 2^32, and are read once a tick: 64 bits would only double the
 * memory. All CPUs add to one, atomically: a stall takes microseconds at least, and so few that an entry for each CPU would not pay.
 */
struct mem_stats {
        trimtab_u64 stalled_ns[_MEM_STALL_MAX]; /* sums of the histograms, added to after these */
        trimtab_u64 reclaimed;                  /* pages, by its own tasks */
        trimtab_u32 latency[_MEM_STALL_MAX][TRIMTAB_HIST_SLOTS];
} __attribute__((aligned(64)));

/* What a CPU has found in the table of cgroups lately; not valid if the table has changed since. */
struct mem_recent {
        trimtab_u64 cgroup;
        trimtab_u32 slot;
        trimtab_u32 generation;
};

#define MEM_RECENT_BITS 4

/*
 * One CPU, as the allocation program needs it: all on one page of memory (of more than 470 cgroups, on two), as every page costs a walk of
 * the page tables, which is most of what the program takes.
 */
struct mem_cpu {
        trimtab_u32 generation; /* of the table; user space counts it up with every change */
        trimtab_u32 reserved;
        struct mem_recent recent[1 << MEM_RECENT_BITS]; /* direct-mapped by hash of the cgroup's id */
        trimtab_u64 pages[];                            /* allocated here, by slot; behind the last one, of all others */
};

/* A stall that goes on, direct-mapped by hash of task and kind; the later one stays. */
#define MEM_START_BITS 13

struct mem_start {
        trimtab_u32 who;   /* pid and kind; 0: none */
        trimtab_u32 epoch; /* in which it began */
        trimtab_u64 since; /* ns */
};

/* Fixed at load time. */
struct mem_config {
        trimtab_u32 n_groups; /* watched cgroups; the entry behind the last one is of all others */
};

#endif
