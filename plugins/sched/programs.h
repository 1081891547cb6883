/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SCHED_PROGRAMS_H
#define SCHED_PROGRAMS_H

/*
 * The BPF programs of the plugin: which form of each this kernel takes, and which are attached now.
 *
 * Every program stands alone: one that the kernel refuses stays out of the object and keeps its reason.
 */

#include <stdbool.h>
#include <stdint.h>

struct bpf_link;
struct sched_bpf;

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
        struct sched_bpf *skel;
        struct bpf_link *links[_SCHED_PROGRAM_MAX];
        uint32_t form[_SCHED_PROGRAM_MAX];     /* 0 tp_btf, 1 raw_tp */
        char refusal[_SCHED_PROGRAM_MAX][160]; /* "": accepted */
        uint32_t sched_info;                   /* 1: waits are read from the kernel's own timestamps */
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
 * Returns 0 even if programs were refused: ask sched_programs_refusal(). Negative errno if no map could be
 * made.
 */
int sched_programs_load(struct sched_programs *p, const struct sched_sizes *sizes, int32_t sched_info);

/* Why the program cannot be had, valid as long as *p; NULL if it can. */
const char *sched_programs_refusal(const struct sched_programs *p, enum sched_program program);

/* Its descriptor, owned by *p; -1 if it was refused. */
int sched_programs_fd(const struct sched_programs *p, enum sched_program program);

/* The descriptor of the map with this name in sched.bpf.c, owned by *p. */
int sched_programs_map_fd(const struct sched_programs *p, const char *name);

/* The name it has in the kernel. */
const char *sched_programs_name(const struct sched_programs *p, enum sched_program program);

/*
 * Attaches the programs in `mask` (bits 1 << enum sched_program) and detaches all others. One that cannot be
 * attached becomes a refused one, and the others go on. Returns 0, or the negative errno of the last that has
 * become so.
 */
int sched_programs_attach(struct sched_programs *p, uint32_t mask);

bool sched_programs_is_attached(const struct sched_programs *p, enum sched_program program);

/* Tells the attached programs what runs now on CPUs of which they have seen no switch. Negative errno. */
int sched_programs_seed(struct sched_programs *p);

/* Detaches and frees everything, and makes *p zero again. */
void sched_programs_done(struct sched_programs *p);

#endif
