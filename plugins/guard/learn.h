/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_LEARN_H
#define GUARD_LEARN_H

/* Who went where in mode learn, and the rules that would let just that happen. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "program.h"
#include "tasks.h"

struct learnt_flow;

struct learnt {
        struct learnt_flow *all; /* uthash; owned */
        uint64_t written;        /* how many there were when they were last written */
};

/* Takes what is new out of the kernel's map. Returns how many, or -ENOMEM. */
int learn_read(struct learnt *l, const struct program *program, const struct cgroups *cgroups);
/* One of a subject by the path of its cgroup. -ENOMEM */
int learn_add(struct learnt *l, const char *cgroup, const struct guard_flow_key *key, const struct guard_flow *flow);
/* [egress-rule NAME] sections, one a unit or cgroup. */
int learn_print(const struct learnt *l, FILE *f);
/* The same to a file, whole or not at all; nothing when nothing has come since. */
int learn_write(struct learnt *l, const char *path);
void learn_clear(struct learnt *l);
size_t learn_n(const struct learnt *l); /* destinations, of all */

/* "unit = web.service", where its path says that it is one of the system's; else "cgroup = /path". New string or NULL. */
char *subject_of(const char *cgroup);

#endif
