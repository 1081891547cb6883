/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_TRIGGERS_H
#define TRIMTAB_CGROUP_TRIGGERS_H

#include <trimtab/plugin.h>

#include "group.h"

/*
 * PSI triggers: the kernel watches a cgroup's pressure and tells within a tenth of the window when there was
 * more than so much of a stall in it, once a window at most; the rules are then evaluated at once instead of
 * at the next tick. One descriptor a trigger, all behind one epoll descriptor in the daemon's loop.
 */
struct triggers {
        const struct trimtab_host *host;
        int epoll_fd;                 /* -1: none yet */
        uint32_t stall_us, window_us; /* stall 0: no triggers */
        unsigned n, max;
        bool told_full;
        uint64_t fired_us; /* CLOCK_MONOTONIC, the last time that an evaluation was due; 0: never */
};

/* The options psi-stall, psi-window and psi-triggers. Opens nothing. */
void triggers_init(struct triggers *t, const struct trimtab_host *h);
void triggers_clear(struct triggers *t);

/* One for this metric of this cgroup, as far as the kernel and the limit allow; why not is told once, and is
 * no error. */
void triggers_add(struct triggers *t, struct group *g, enum metric metric);
void triggers_drop(struct triggers *t, struct group *g, enum metric metric);
void triggers_drop_all(struct triggers *t, struct group *g);

/* Something became readable on the epoll descriptor: whether an evaluation is due. */
bool triggers_fired(struct triggers *t);

#endif
