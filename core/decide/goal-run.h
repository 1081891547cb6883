/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_GOAL_RUN_H
#define TRIMTAB_GOAL_RUN_H

#include "decide/instance.h"

/* A goal on one object: what its controller knows. Part of the instance. */
struct goal_run {
        struct controller controller;
        struct controller_lever *levers; /* as many as the goal has */
        uint64_t waits_since_ns;         /* for a lever that cannot be moved yet; 0: it does not */
        double value;                    /* what was measured at the last tick, in base units; NAN: no data */
};

int goal_run_new(const struct goal *g, struct goal_run **ret);
struct goal_run *goal_run_free(struct goal_run *g);

/* Everything it held is gone: begins anew. */
void goal_run_reset(struct goal_run *g, size_t n_levers);

/* One look at the world, for an instance of a goal that may act now. -ENOMEM. */
int goal_tick(struct instance *i, const struct view *view, struct arbiter *a);

#endif
