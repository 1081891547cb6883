/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LEVER_H
#define TRIMTAB_LEVER_H

#include "decide/instance.h"
#include "decide/reason.h"

/* What moves the levers of a goal: claims on knobs, on every object that a lever names. */

/* One lever of an instance, about to be moved. */
struct moving {
        struct instance *instance;
        const struct view *view;
        struct arbiter *arbiter;
        size_t lever;         /* index in the rule's actions */
        struct reason reason; /* why */
};

/* All return whether anything moved, or -ENOMEM; the first two -EAGAIN: not yet. */

/* steps: so many at once. */
int lever_step(const struct moving *m, unsigned steps);
/* Of a lever that takes: one step on, shorter the nearer the load is to the bound. */
int lever_take(const struct moving *m, double load);
/* Of a lever that takes: two steps back, or all of the way. */
int lever_give(const struct moving *m);
/* A part of the way back to the original, or all of it. */
int lever_ease(const struct moving *m, double part);
/* To the mark; without one, to the original. */
int lever_back(const struct moving *m);

/* Where it is now is what lever_back goes back to. */
void lever_mark(struct instance *i, size_t lever);
bool lever_is_held(const struct instance *i, size_t lever);

#endif
