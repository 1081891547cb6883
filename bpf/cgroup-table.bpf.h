/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_CGROUP_TABLE_BPF_H
#define TRIMTAB_CGROUP_TABLE_BPF_H

/* Which slot a cgroup counts for, as BPF programs and user space share it. */

#include <trimtab/bpf/histogram.h>

/* In place of a slot: a cgroup that nobody watches. */
#define CGROUP_SLOT_NONE 0xfffffffeu

/*
 * cgroup id -> slot, a hash table in an array. The kernel's own hash map would take a third of all the time that a switch of
 * tasks costs us: three pages to touch, and a call. User space writes it in place (plugins/shared/cgroup-table.h) and the programs
 * only look. A bucket is a cache line; one that has been full sends the seeker on to the next.
 */
#define CGROUP_BUCKET_BITS 11
#define CGROUP_BUCKET_WAYS 5

struct cgroup_bucket {
        trimtab_u64 ids[CGROUP_BUCKET_WAYS]; /* 0: free */
        trimtab_u32 slots[CGROUP_BUCKET_WAYS];
        trimtab_u32 overflowed;
};

/*
 * A hash of `bits` bits, as the kernel's hash_64(). For the table: the bucket in which the search for a cgroup begins; the next one is
 * the other place it can be in.
 */
static inline __attribute__((always_inline)) trimtab_u32 hash_64(trimtab_u64 id, trimtab_u32 bits)
{
        return (trimtab_u32) (id * 0x9e3779b97f4a7c15ull >> (64 - bits));
}

#endif
