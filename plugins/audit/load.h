/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_LOAD_H
#define AUDIT_LOAD_H

/* The BPF programs of audit.bpf.c, and what they share with us. */

#include <stdint.h>

#include "audit.h"
#include "programs.h"

enum audit_program {
        AUDIT_PROGRAM_ENTER,
        AUDIT_PROGRAM_EXIT,
        AUDIT_PROGRAM_EXEC,
        AUDIT_PROGRAM_FORK,
        AUDIT_PROGRAM_SUBMIT,     /* of these two the kernel has one */
        AUDIT_PROGRAM_SUBMIT_SQE, /* before 6.4 */
        AUDIT_PROGRAM_COMPLETE,
        AUDIT_PROGRAM_IDENTIFY,   /* is run, never attached */
        _AUDIT_PROGRAM_MAX,
};

struct audit_sizes {
        uint32_t n_cpus;
        uint32_t n_groups; /* cgroups that can be watched at once */
        uint32_t n_shards; /* entries that each of them and each path has */
        uint32_t n_inodes; /* that paths can stand for at once */
};

/* Loads what this kernel takes into *p; errors as of programs_load(). */
int audit_programs_load(struct programs *p, const struct audit_sizes *sizes);

/* What the programs are told, to be changed in place; valid as long as *p. */
volatile struct audit_control *audit_control_of(const struct programs *p);

/* Details that were not told, of all. */
uint64_t audit_details_dropped(const struct programs *p);

/* How the kernel knows the file behind one of our descriptors. Negative errno. */
int audit_identify(const struct programs *p, int fd, struct audit_inode *ret);

/* The slot that stands for all cgroups that nobody watches. */
static inline uint32_t audit_elsewhere(const struct audit_sizes *sizes)
{
        return sizes->n_groups * sizes->n_shards;
}

#endif
