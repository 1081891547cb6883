/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_AUDIT_H
#define TRIMTAB_AUDIT_H

/* What the BPF programs of the audit plugin and its user side share. */

#include <trimtab/bpf/histogram.h>

/* What kind of thing a system call does. Those from AUDIT_READ on have a latency; what is in no table is AUDIT_OTHER. */
enum audit_class {
        AUDIT_OTHER,
        AUDIT_WAIT, /* to be woken is all they do: their time says nothing */
        AUDIT_READ,
        AUDIT_WRITE, /* and what moves data from one descriptor to another */
        AUDIT_SYNC,
        AUDIT_OPEN,
        AUDIT_NETWORK,
        AUDIT_MEMORY,
        AUDIT_PROCESS,
        _AUDIT_CLASS_MAX,
};

#define AUDIT_TIMED (_AUDIT_CLASS_MAX - AUDIT_READ)

/* What it does to files, and which arguments name them. */
enum audit_use {
        AUDIT_USE_NONE,
        AUDIT_USE_READ,  /* from argument 0 */
        AUDIT_USE_WRITE, /* to argument 0 */
        AUDIT_USE_SYNC,  /* of argument 0 */
        AUDIT_USE_SEND,  /* from argument 1 to argument 0 */
        AUDIT_USE_COPY,  /* from argument 0 to argument 2 */
        AUDIT_USE_MAP,   /* of argument 4 */
        AUDIT_USE_OPEN,  /* to what it returns */
        AUDIT_USE_AIO,   /* argument 1 control blocks at argument 2, in the task's memory */
};

/* A system call by its number, or an io_uring request by its opcode. */
struct audit_call {
        unsigned char class, use;
};

#define AUDIT_CALLS_MAX 512   /* past the last of every architecture, x32's own ones left out */
#define AUDIT_REQUESTS_MAX 64 /* io_uring's opcodes */

/* What is counted of a cgroup beside the classes. */
enum audit_count {
        AUDIT_REQUESTS = _AUDIT_CLASS_MAX, /* of all: through io_uring, so no system calls */
        AUDIT_EXECS,
        AUDIT_FORKS,
        _AUDIT_COUNT_MAX,
};

/*
 * Running totals of a cgroup, or a CPU's share of them. Slots of histograms wrap at 2^32, and are read once a tick: 64 bits would only
 * double the memory.
 */
struct audit_stats {
        trimtab_u64 counts[_AUDIT_COUNT_MAX]; /* by class, then the rest */
        trimtab_u64 sums[AUDIT_TIMED];        /* by class from AUDIT_READ on: ns, of all in the histogram */
        trimtab_u32 latency[AUDIT_TIMED][TRIMTAB_HIST_SLOTS];
} __attribute__((aligned(64)));

/* What is counted of a watched path. The first three have a latency. */
enum audit_file_count {
        AUDIT_FILE_READS,
        AUDIT_FILE_WRITES,
        AUDIT_FILE_SYNCS,
        AUDIT_FILE_OPENS,
        AUDIT_FILE_MAPS,
        AUDIT_FILE_EXECS,
        AUDIT_FILE_READ_BYTES,
        AUDIT_FILE_WRITTEN_BYTES,
        _AUDIT_FILE_COUNT_MAX,
};

#define AUDIT_FILE_TIMED (AUDIT_FILE_SYNCS + 1)

/* In place of a time: it is not known. */
#define AUDIT_NO_TIME (~0ull)

struct audit_file_stats {
        trimtab_u64 counts[_AUDIT_FILE_COUNT_MAX];
        trimtab_u64 sums[AUDIT_FILE_TIMED];
        trimtab_u32 latency[AUDIT_FILE_TIMED][TRIMTAB_HIST_SLOTS];
} __attribute__((aligned(64)));

/* Watched paths at once: a bit each in one word, so that what a file or a cgroup belongs to is an AND away. */
#define AUDIT_WATCHES_MAX 32

/* An inode, as the kernel knows it; the generation tells it from a later one with its number. */
struct audit_inode {
        trimtab_u64 number;
        trimtab_u32 device, generation;
};

/* Which watches it belongs to: by itself, and with all below it. */
struct audit_membership {
        trimtab_u32 itself, below;
};

/* How far up from a file its directories are asked. */
#define AUDIT_DEPTH_MAX 32

/*
 * What a file was found to belong to. Many CPUs write here: the seal tells an entry that is of two writers, and the epoch in it ends all
 * entries at a tick.
 */
struct audit_verdict {
        trimtab_u64 inode, dentry; /* where they are in the kernel's memory */
        trimtab_u64 watches, seal;
};

#define AUDIT_VERDICT_BITS 10

/* A task in a system call that is of interest. Direct-mapped by pid: of two tasks the later one stays. */
struct audit_turn {
        trimtab_u64 task; /* where it is in the kernel's memory; 0: in none */
        trimtab_u64 start;
        trimtab_u32 pid, epoch, slot;
        unsigned char class, use, timed, reserved;
        trimtab_u32 in, out; /* the watches that it reads from and writes to */
};

#define AUDIT_TURN_BITS 13
#define AUDIT_REQUEST_BITS 13

/* Fixed at load time. */
struct audit_config {
        trimtab_u32 n_shards;   /* entries a cgroup or a watched path has, a CPU each or several CPUs one */
        trimtab_u32 shared;     /* 1: several CPUs one, so additions must be atomic */
        trimtab_u32 elsewhere;  /* the slot of all cgroups that nobody watches */
        trimtab_u32 cqe;        /* 1: io_uring_complete hands over the completion's entry; 0: its result */
        struct audit_call calls[AUDIT_CALLS_MAX], compat[AUDIT_CALLS_MAX], requests[AUDIT_REQUESTS_MAX];
};

/* What is wanted now; user space writes it in place. */
struct audit_control {
        trimtab_u32 counted, timed; /* bits of classes */
        trimtab_u32 watches;        /* bits of watched paths that somebody looks at */
        trimtab_u32 below;          /* of these, the ones that are directories */
        trimtab_u32 detailed;       /* of these, the ones whose opens and starts are told one by one */
        trimtab_u32 elsewhere;      /* 1: cgroups that nobody watches count, too */
        trimtab_u32 epoch;          /* grows when programs are attached, and when slots or paths change hands: what began before is no sample */
        trimtab_u32 tick;           /* grows with every tick */
        trimtab_u32 details_per_tick;
        trimtab_u32 reserved;
};

/* One open or start of a program, to be told. */
enum audit_detail_kind {
        AUDIT_DETAIL_OPEN,
        AUDIT_DETAIL_EXEC,
};

struct audit_detail {
        trimtab_u64 cgroup;
        trimtab_u32 pid, watch, kind, reserved;
        char comm[16], name[64]; /* as they are: anything but NUL may be in them */
};

#endif
