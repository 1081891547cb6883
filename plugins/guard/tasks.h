/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_TASKS_H
#define GUARD_TASKS_H

/* Whom rules are for: the cgroups that there are, and the files that programs' paths stand for now. */

#include <stdbool.h>
#include <sys/stat.h>

#include "program.h"

struct cgroup {
        uint64_t id;
        char *path;
};

struct cgroups {
        struct cgroup *all;
        size_t n, room;
};

int cgroups_add(struct cgroups *c, uint64_t id, const char *path);
void cgroups_remove(struct cgroups *c, uint64_t id);
void cgroups_clear(struct cgroups *c);

/* Has it globs of cgroups' names, which the kernel's side cannot match? */
bool policy_asks_user_space(const struct policy *policy);

/* The classes of all, for a policy with globs; none for one without: the kernel's side finds them by itself. */
int cgroups_classify(const struct cgroups *c, const struct policy *policy, const struct rules *rules, struct guard_class_of **ret,
                     uint32_t *ret_n);

/* A program that rules name, and what was at its path when we last looked. */
struct exe {
        const char *path; /* the rule's */
        bool there;
        struct statx seen;
        struct guard_inode inode;
};

struct exes {
        struct exe *all;
        size_t n;
};

/* Those of the rules, each once. */
int exes_init(struct exes *e, const struct rules *rules);
void exes_clear(struct exes *e);
/* Looks at all paths again; whether anything has changed. A package's upgrade puts another file there. */
bool exes_look(struct exes *e, const struct program *program);
int exes_bits(const struct exes *e, const struct policy *policy, const struct rules *rules, struct guard_exe_of **ret, uint32_t *ret_n);

int uids_bits(const struct policy *policy, const struct rules *rules, struct guard_uid_of **ret, uint32_t *ret_n);

#endif
