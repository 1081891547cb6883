/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_LOAD_H
#define BLOCK_LOAD_H

/* The BPF programs of the plugin. */

#include <stdint.h>

#include "programs.h"

enum block_program {
        BLOCK_PROGRAM_COMPLETE, /* all but merges */
        BLOCK_PROGRAM_BACK,     /* these three: merges */
        BLOCK_PROGRAM_FRONT,
        BLOCK_PROGRAM_MERGE,
        BLOCK_PROGRAM_ISSUE, /* these two: latency where the kernel keeps no times */
        BLOCK_PROGRAM_INSERT,
        _BLOCK_PROGRAM_MAX,
};

/* How the maps are sized. */
struct block_sizes {
        uint32_t n_cpus;   /* possible ones */
        uint32_t n_disks;  /* that have entries of their own, beside the one that the others share */
        uint32_t n_groups; /* cgroups that can be watched at once */
        uint32_t n_shards; /* entries for each of these, a power of two: as many as CPUs, or less to save memory */
};

/* The entry of the first watched cgroup; those of disks come before. */
static inline uint32_t block_first_group(const struct block_sizes *s)
{
        return (1 + s->n_disks) * s->n_shards;
}

/* All of them. */
static inline uint32_t block_n_entries(const struct block_sizes *s)
{
        return (1 + s->n_disks + s->n_groups) * s->n_shards;
}

/* Loads all programs that this kernel takes into *p, which must be zero; as programs_load(). */
int block_programs_load(struct programs *p, const struct block_sizes *sizes);

#endif
