/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BLOCK_H
#define BLOCK_H

/* What the programs and user space share. */

#include <trimtab/bpf/histogram.h>

enum block_latency {
        BLOCK_READ,
        BLOCK_WRITE, /* that nobody waits for */
        BLOCK_SYNC,  /* writes and flushes that somebody waits for */
        BLOCK_QUEUE,
        BLOCK_DEVICE,
        _BLOCK_LATENCY_MAX,
        BLOCK_N_KINDS = BLOCK_QUEUE, /* of request */
};

/* Running totals of a cgroup's or a disk's requests. 32 bits a slot: user space adds up the differences. */
struct block_stats {
        trimtab_u32 slots[_BLOCK_LATENCY_MAX][TRIMTAB_HIST_SLOTS];
        trimtab_u64 sums[_BLOCK_LATENCY_MAX]; /* ns */
        trimtab_u64 untimed[BLOCK_N_KINDS];   /* requests of unknown latency, which are in no slot */
        trimtab_u64 read_bytes, write_bytes;
        trimtab_u64 merges, errors;
};

/* The first entry is shared by the disks for which there was none left. */
#define BLOCK_SLOT_OTHERS 0u

/* A disk that we know: a hash table of these, in which user space writes. Requests of others do not count. */
#define BLOCK_DISK_BITS 8
#define BLOCK_DISK_PROBES 8
#define BLOCK_DISK_FREE 0u

struct block_disk {
        trimtab_u32 dev; /* as the kernel keeps it; BLOCK_DISK_FREE */
        trimtab_u32 slot;
        trimtab_u32 stacked; /* on other disks, which see the same I/O once more */
        trimtab_u32 reserved;
};

/* A request that has been issued, where the kernel keeps no time of it: hash of its address -> one of these. */
#define BLOCK_ISSUE_BITS 11
#define BLOCK_ISSUE_WAYS 2

struct block_issue {
        trimtab_u64 request; /* its address; 0: free */
        trimtab_u64 inserted, issued; /* ns */
};

/* What user space asks for, so that no more memory is touched than for that. */
#define BLOCK_WANT_PHASES  1u /* queue and device apart */
#define BLOCK_WANT_DISKS   2u /* or the root cgroup, which is all of them */
#define BLOCK_WANT_CGROUPS 4u

/*
 * The slot that a cgroup has, by the address of its blkcg: from a bio that is two steps and not five, each to memory that is cold by then. The
 * seal is of address, slot and the table's generation, so that neither a change of slots nor another CPU that writes meanwhile is taken for
 * an answer. An address that comes back for another cgroup finds another generation: cgroups that come or go change the table.
 */
#define BLOCK_CHARGE_BITS 5

struct block_charge {
        trimtab_u64 seal;
        trimtab_u32 slot, reserved;
};

/* Requests that came without a time of the kernel's. */
struct block_missing {
        trimtab_u64 start, io_start;
};

struct block_control {
        struct block_missing missing;
        trimtab_u32 wanted;
        trimtab_u32 generation; /* of the table of cgroups; user space counts it up with every change */
        struct block_charge charges[1 << BLOCK_CHARGE_BITS];
};

struct block_config {
        trimtab_u32 shard_mask; /* of each entry there are this many and one, a power of two */
        trimtab_u32 shared;     /* more CPUs than shards: add atomically */
        /* Bits of rq_flags: on its way through a flush sequence; start_time_ns and io_start_time_ns are its own, and not left by an
         * earlier request (0: they always are, or 0). */
        trimtab_u32 flush_seq, io_stat, stats;
        trimtab_u32 reserved;
};

#endif
