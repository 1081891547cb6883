/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INSTANCE_H
#define TRIMTAB_INSTANCE_H

#include "decide/arbiter.h"

/*
 * A rule on one object, and where it stands:
 *
 *     idle -> holding -> active -> clearing -> idle         on-clear = restore, keep
 *                                          \-> easing -> idle
 *
 * holding falls back to idle (or to easing, with something still held) when the condition does not stay true;
 * clearing falls back to active; easing goes on to holding when the condition is true again. resting: told
 * to, or undone by its guard.
 */

struct instance {
        struct holder holder; /* the rule and what it holds */
        struct oid object;

        enum phase phase;
        uint64_t since_ns;      /* in this phase */
        enum truth when, until; /* at the last tick; until: that it mattered in */
        uint64_t true_since_ns; /* when the condition became true that led to the last action */
        bool until_is_unknown;
        uint64_t unknown_since_ns;

        bool acted;
        uint64_t last_action_ns; /* also of a refused one */
        uint64_t rest_until_ns;  /* no action before */
        uint64_t rest_ns;        /* the last rest that the guard made */
        uint64_t watch_until_ns; /* until when the guard undoes the last action; 0: not */
        uint64_t actions;

        bool advise;          /* what it holds is advice */
        const char *obstacle; /* why it could not act the last time, or NULL */
        struct goal_run *goal; /* of a goal, else NULL */
        double *seen;         /* what was measured for `when` and `until` at the last tick */
        double *seen_until;
        struct store_hint *hints, *hints_until; /* and where */
};

int instance_new(const struct rule *rule, struct oid object, struct instance **ret);
/* Lets go of everything it holds; reason as in arbiter_drop. */
struct instance *instance_free(struct instance *i, struct arbiter *a, const char *reason);

/* The same rule read anew: everything stays. Takes part in the ranking at once. */
int instance_set_rule(struct instance *i, const struct rule *rule);

/* It will look soon: what it measured the last time is fetched into the cache meanwhile. */
void instance_expect(const struct instance *i);
/* One look at the world. -ENOMEM. */
int instance_tick(struct instance *i, const struct view *view, struct arbiter *a);

/* Lets go, and rests. */
void instance_release(struct instance *i, struct arbiter *a, uint64_t now_ns, uint64_t rest_until_ns);

/* What it does, in one step (act.c). Both return the number of values that changed, or -ENOMEM. */
int instance_act(struct instance *i, const struct view *view, struct arbiter *a);
int instance_ease(struct instance *i, const struct view *view, struct arbiter *a);

/* The same for a single action, one of the rule's or like it, and its index (act.c). -EAGAIN: nothing, and it may be
 * different soon: the knob is busy, or its use is not known yet. */
struct reason;
int instance_move(struct instance *i, const struct view *view, struct arbiter *a, const struct action *action,
                  size_t index, const struct reason *reason);
/* A part of the way back for one claim; it may be gone then. 1, 0 (busy), -ENOMEM. */
int instance_ease_claim(struct instance *i, const struct view *view, struct arbiter *a, struct claim *c, double part,
                        const struct reason *reason);

/* The guard turned false (act.c): what the last action changed goes back to what it was before. */
void instance_undo(struct instance *i, const struct view *view, struct arbiter *a);

#endif
