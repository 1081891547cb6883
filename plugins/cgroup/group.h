/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_GROUP_H
#define TRIMTAB_CGROUP_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "metrics.h"

/* Larger than any of the files: memory.stat of a current kernel is not half of it. */
#define TEXT_MAX 8192

/* One watched cgroup, and what is kept of it between two ticks. */
struct group {
        uint64_t id;
        uint32_t wanted; /* 1 << enum metric */
        bool is_root;
        int dir_fd;                 /* stays with this cgroup when another one takes its path */
        int fds[N_FILES];           /* -1: not open */
        uint32_t has_before;        /* 1 << enum metric: the two below are valid */
        uint64_t before[N_METRICS]; /* pressure: the kernel's total, usec */
        uint64_t before_ns[N_METRICS];
        UT_hash_handle hh;
};

/* Descriptors kept open, so that a tick is one pread(2) a file. */
struct fd_budget {
        unsigned used, max;
};

/* A cgroup by its folder. -errno: it cannot be opened. */
int group_new(uint64_t id, const char *path, bool is_root, struct group **ret);
void group_free(struct group *g, struct fd_budget *budget);

/*
 * The file's text, NUL-terminated, into a buffer of TEXT_MAX. -ENOENT: the file is not there (the controller
 * is not on for this cgroup, or the cgroup is gone), -ENODEV: it went away; another -errno as from open or
 * read. A later call tries anew.
 */
int group_read(struct group *g, enum file file, struct fd_budget *budget, char *ret_text);

/* Closes the files that no wanted metric needs. */
void group_close_unused(struct group *g, struct fd_budget *budget);

/* Bits 1 << enum metric of the metrics in this file. */
uint32_t file_metrics(enum file file);

#endif
