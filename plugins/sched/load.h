/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_LOAD_H
#define SCHED_LOAD_H

/* The BPF programs of the plugin, and how waits are measured by them. */

#include <stdbool.h>
#include <stdint.h>

#include "programs.h"

enum sched_program {
        SCHED_PROGRAM_SWITCH,  /* latency, run time, switches, preemptions */
        SCHED_PROGRAM_MIGRATE, /* migrations; tells the switch program whose wait began on another CPU */
        SCHED_PROGRAM_WAKEUP,  /* these two: latency where the kernel keeps no timestamps */
        SCHED_PROGRAM_NEWTASK,
        SCHED_PROGRAM_COUNTERS, /* cycles, instructions */
        SCHED_PROGRAM_SEED,     /* run once, never attached: what runs already */
        _SCHED_PROGRAM_MAX,
};

struct sched_programs {
        struct programs set;
        uint32_t sched_info; /* 1: waits are read from the kernel's own timestamps */
};

/* How the maps are sized. */
struct sched_sizes {
        uint32_t n_cpus;   /* possible ones */
        uint32_t n_groups; /* cgroups that can be watched at once */
        uint32_t n_shards; /* entries for each of these: n_cpus, or less to save memory */
};

/*
 * Loads all programs that this kernel takes into *p, which must be zero. `sched_info` says where waits come
 * from: 1 the kernel's timestamps, 0 timestamps of our own, -1 the first where they work. Nothing is
 * attached.
 *
 * Returns 0 even if programs were refused: ask programs_refusal(). Negative errno if no map could be made.
 */
int sched_programs_load(struct sched_programs *p, const struct sched_sizes *sizes, int32_t sched_info);

/* Tells the attached programs what runs now on CPUs of which they have seen no switch. Negative errno. */
int sched_programs_seed(struct sched_programs *p);

#endif
