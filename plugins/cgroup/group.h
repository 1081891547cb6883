/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_GROUP_H
#define TRIMTAB_CGROUP_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "metrics.h"

/* Larger than any of the files: memory.stat of a current kernel is not a tenth of it, io.stat has a line for
 * each disk. */
#define TEXT_MAX 32768

/* A cgroup that lives for less is not worth its triggers: the kernel starts a thread for it. */
#define TICKS_TO_TRIGGER 2

/* To look for a file that is not there costs as much as to read one. */
#define LOOKS_MISSED 9

struct group;

/* The kernel's promise to tell of a stall; see triggers.h. */
struct trigger {
        struct group *group;
        int fd; /* -1: none */
};

/* One watched cgroup, and what is kept of it between two ticks. */
struct group {
        uint64_t id;
        uint32_t wanted; /* 1 << enum metric */
        bool is_root;
        int dir_fd;       /* stays with this cgroup when another one takes its path; -1: the cgroup is gone */
        int fds[N_FILES]; /* -1: not open */
        uint8_t rest[N_FILES];        /* so many reads are answered by -ENOENT, without a look */
        uint32_t has_before;          /* 1 << enum metric: the two below are valid */
        uint64_t before[N_PRESSURES]; /* the kernel's total, usec */
        uint64_t before_ns[N_PRESSURES];
        unsigned ticks; /* it was there for, up to TICKS_TO_TRIGGER */
        struct trigger triggers[N_PRESSURES];
        UT_hash_handle hh;
};

/* Descriptors kept open, so that a tick is one pread(2) a file. */
struct fd_budget {
        unsigned used, max;
};

/* A cgroup by its folder. -errno: it cannot be opened. */
int group_new(uint64_t id, const char *path, bool is_root, struct group **ret);
/* Its triggers are off (triggers_drop). */
void group_free(struct group *g, struct fd_budget *budget);

/* The cgroup went: nothing of it stays open. One of the same id may come, which is another one. */
void group_detach(struct group *g, struct fd_budget *budget);
int group_attach(struct group *g, const char *path, bool is_root);

/* Opens one of its files, the host's where older kernels keep the root cgroup's: an fd for the caller, or
 * -errno. */
int group_open_file(const struct group *g, enum file file, int flags);

/*
 * The file's text, NUL-terminated, into a buffer of TEXT_MAX. -ENOENT: the file is not there (the controller
 * is not on for this cgroup, or the cgroup is gone), which is looked at again after LOOKS_MISSED calls only;
 * -ENODEV: it went away; another -errno as from open or read. A later call tries anew.
 */
int group_read(struct group *g, enum file file, struct fd_budget *budget, char *ret_text);

/* Closes the files that no wanted metric needs. */
void group_close_unused(struct group *g, struct fd_budget *budget);

/* Bits 1 << enum metric of the metrics in this file. */
uint32_t file_metrics(enum file file);

#endif
