/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_PROGRAM_H
#define GUARD_PROGRAM_H

/* The programs in the kernel: loaded, given a policy, attached, pinned. */

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "programs.h"

enum guard_program {
        GUARD_PROGRAM_CONNECT4,
        GUARD_PROGRAM_CONNECT6,
        GUARD_PROGRAM_SENDMSG4,
        GUARD_PROGRAM_SENDMSG6,
        GUARD_PROGRAM_SOCK_CREATE,
        GUARD_PROGRAM_SETSOCKOPT,
        GUARD_PROGRAM_LSM_CONNECT,
        GUARD_PROGRAM_LSM_SENDMSG,
        GUARD_PROGRAM_LSM_CREATE,
        GUARD_PROGRAM_LSM_LISTEN,
        GUARD_PROGRAM_LSM_SETSOCKOPT,
        GUARD_PROGRAM_IDENTIFY,
        GUARD_PROGRAM_TRY,
        _GUARD_PROGRAM_MAX,
};
#define GUARD_HOOKS_MAX GUARD_PROGRAM_IDENTIFY /* those before it are attached */

struct program_sizes {
        uint32_t n_groups, n_shards; /* cgroups that are counted for, and entries of each */
        uint64_t scope;              /* the cgroup whose tasks are judged, 0: all */
        uint32_t scope_level;
        bool lsm;                    /* whether hooks of the LSM are wanted */
};

struct guard_class_of {
        uint64_t cgroup;
        struct guard_class class;
};

struct guard_exe_of {
        struct guard_inode inode;
        struct guard_bits bits;
};

struct guard_uid_of {
        uint32_t uid;
        struct guard_bits bits;
};

/* What a policy is but for its tables. */
struct tasks {
        const struct guard_class_of *classes;
        const struct guard_exe_of *exes;
        const struct guard_uid_of *uids;
        uint32_t n_classes, n_exes, n_uids;
};

struct program {
        struct programs programs;
        struct program_sizes sizes;
        struct guard_control *control; /* shared with the kernel; `none` as long as nothing is loaded */
        struct guard_control none;
        struct guard_question *question;
        struct guard_counts *counts;
        struct bpf_link *links[GUARD_HOOKS_MAX];
        char *pinned; /* the folder our links are pinned in; NULL: they are not */
        uint64_t since_ns; /* CLOCK_BOOTTIME: what was pinned before is somebody else's */
        uint64_t n_policies; /* that were in force, or were to be: the stamp of the last one */
};

/* In mode off, with nothing in the kernel. *p is not moved afterwards. */
void program_init(struct program *p, const struct program_sizes *sizes);
/* 0 also when hooks were refused: programs_refusal(). Negative errno: all is as it was. It takes a good part of a second. */
int program_load(struct program *p);
bool program_is_loaded(const struct program *p);
void program_done(struct program *p); /* unloaded; what is pinned stays in force */

/* The new policy, in force with one write, or the old one and a negative errno. */
int program_swap(struct program *p, const struct policy *policy, const struct tasks *tasks);
/* Of the policy in force. */
int program_set_class(struct program *p, uint64_t cgroup, const struct guard_class *class);
void program_forget_class(struct program *p, uint64_t cgroup);
void program_set_mode(struct program *p, uint32_t mode);

/* What of `which` (bits) is not attached yet; bits of all that are afterwards. cgroup: a descriptor of the one whose sockets are judged. */
uint32_t program_attach(struct program *p, uint32_t which, int cgroup, char *why, uint32_t size);
void program_detach(struct program *p);
bool program_is_attached(const struct program *p);

/* Pins what is attached in a new folder below dir. Then program_unpin_others() takes away what others have left there before us. */
int program_pin(struct program *p, const char *dir);
int program_unpin(struct program *p);
/* How many folders went; their policies are in force no more. */
int program_unpin_others(const struct program *p, const char *dir);
/* Whether there are any. */
bool program_has_others(const struct program *p, const char *dir);

int program_identify(const struct program *p, int fd, struct guard_inode *ret);
/* What the policy in force says of one by tasks of that class: enum guard_verdict, or a negative errno. */
int program_try(struct program *p, const struct guard_request *rq, const struct guard_class *class);

#endif
