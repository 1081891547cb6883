/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_LOAD_H
#define MEM_LOAD_H

/* The plugin's BPF programs, and their maps in our memory: reading them costs no system call. */

#include <stdbool.h>
#include <stdint.h>

#include "cgroup-table.h"
#include "programs.h"
#include "totals.h"

enum mem_program {
        MEM_PROGRAM_ALLOC,
        MEM_PROGRAM_DIRECT_BEGIN,
        MEM_PROGRAM_DIRECT_END,
        MEM_PROGRAM_MEMCG_BEGIN,
        MEM_PROGRAM_MEMCG_END,
        MEM_PROGRAM_COMPACT_BEGIN,
        MEM_PROGRAM_COMPACT_END,
        _MEM_PROGRAM_MAX,
};

struct mem_sizes {
        uint32_t n_cpus, n_groups;
};

struct mem_load {
        struct programs programs;
        struct mem_sizes sizes;
        struct mem_stats *groups; /* by slot; behind the last one, of all others */
        uint8_t *cpus;            /* one struct mem_cpu after the other, each on pages of its own */
        uint32_t *epoch;
        struct cgroup_table table;
        uint32_t used; /* slots that have ever been in use */
        bool changed;  /* a cgroup has changed its slot since the last mem_load_renew() */
};

/* Loads the programs that this kernel takes, and attaches none. On failure (negative errno) *l may be half-built. */
int mem_load_open(struct mem_load *l, const struct mem_sizes *sizes);

/* Accepts a zeroed or half-built one, and makes it zero. */
void mem_load_close(struct mem_load *l);

/* As programs_attach(); stalls that have begun before are not known. */
int mem_load_attach(struct mem_load *l, uint32_t mask);

/* What a slot has, into *ret. */
void mem_load_read(const struct mem_load *l, uint32_t slot, struct mem_reading *ret);

/* What there is at all, whoever it counts for. */
void mem_load_read_all(const struct mem_load *l, struct mem_reading *ret);

/* From now on the cgroup counts for this slot; CGROUP_SLOT_NONE: for none. -ENOSPC: the table is full. */
int mem_load_point(struct mem_load *l, uint64_t cgroup, uint32_t slot);

/*
 * Lets the CPUs forget what they have looked up. mem_load_point() does it; do it once more a tick later, for a CPU that was in the
 * middle of its search and whose memory accesses are not in program order.
 */
void mem_load_renew(struct mem_load *l);

#endif
