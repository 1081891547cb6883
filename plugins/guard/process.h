/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_PROCESS_H
#define GUARD_PROCESS_H

/* A process that may be ended. */

#include <stdbool.h>
#include <sys/types.h>

/* A process, held: whatever becomes of its number, `fd` is this one. */
struct process {
        pid_t pid;
        int fd;
        unsigned flags;
        unsigned long long start; /* in clock ticks since the machine was booted */
        char comm[64];
        char *cgroup; /* its name from the root of the hierarchy */
};

/* Held first, then looked at. -ESRCH: there is none, or none that still runs. */
int process_hold(pid_t pid, struct process *ret);
void process_let_go(struct process *p);

/* Init, this daemon, the kernel's own. */
bool process_is_spared(const struct process *p);
/* By SIGKILL. */
int process_end(const struct process *p);

/* The name of the cgroup it is in, to be freed; NULL: that cannot be told. */
char *process_cgroup(pid_t pid);
/* By the names: is it that one, or below it? */
bool cgroup_is_below(const char *name, const char *above);

#endif
