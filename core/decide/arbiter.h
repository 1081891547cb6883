/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ARBITER_H
#define TRIMTAB_ARBITER_H

#include <stdbool.h>

#include "decide/engine.h"
#include "decide/rule.h"

/*
 * Who gets a knob. Rules claim a value for a knob of an object; the claim with the highest rank owns it, and
 * only a change of the owned value becomes a decision. What is only advised is settled apart: it must not
 * keep a rule that acts from acting.
 */

struct slot;

/* Who claims. Part of a rule's instance. */
struct holder {
        const struct rule *rule;
        struct claim *claims; /* its own, in the order in which they were made */
        bool refused;         /* a claim was dropped since the holder last looked: the knob did not take it */
};

struct claim {
        struct holder *holder;
        struct slot *slot;
        uint32_t knob;
        struct oid object;
        uint64_t first;   /* counts up: who acted first */
        uint64_t changed; /* counts up: in which order values were decided */
        struct trimtab_value value;
        double use;                  /* for a limit that was `max`: the measured use it started from; NAN */
        double gap;                  /* while easing: how far it was at the beginning; NAN */
        struct trimtab_value before; /* the value before the last action, if it was ours already */
        bool has_before;
        uint64_t acted_ns; /* when that was */
        bool again;        /* a deed that is to be done, also if the same has been */
        size_t lever;      /* of a goal: which of its actions it is by */
        double from;       /* of a goal: what the knob had when that last moved it */
        struct trimtab_value mark; /* of a goal: where it helped, or was before it was eased */
        bool has_mark;
        char reason[200];
        struct cause cause; /* of the reason; arbiter_drop takes it along: empty it to drop for another reason */
        struct claim *next_of_slot, *next_of_holder;
};

struct arbiter;

int arbiter_new(struct arbiter **ret);
struct arbiter *arbiter_free(struct arbiter *a); /* and all claims */

/* The holder's claim on a knob of an object, NULL: it has none. */
struct claim *arbiter_find(struct arbiter *a, const struct holder *h, uint32_t knob, struct oid object,
                           bool advise);

/* Makes it, or changes its value. */
int arbiter_claim(struct arbiter *a, struct holder *h, uint32_t knob, struct oid object, bool advise,
                  const struct trimtab_value *value, struct claim **ret);

/* Lets go. reason is what will be said if the knob has to be put back; keep: leave the knob as it is then. */
void arbiter_drop(struct arbiter *a, struct claim *c, bool keep, const char *reason);

/* The claim in force, and the value that it brought about. NULL: nobody's. */
const struct claim *arbiter_in_force(const struct arbiter *a, uint32_t knob, struct oid object, bool advise,
                                     struct trimtab_value *ret_value);

/* Every claim on a knob of an object, the owner's marked. Stops and returns what cb returns when that is not 0. */
int arbiter_foreach_claim(const struct arbiter *a, uint32_t knob, struct oid object, bool advise,
                          int (*cb)(void *userdata, const struct claim *c, bool owner), void *userdata);

/* Objects that are gone: their claims and slots go without a decision. */
void arbiter_forget_gone(struct arbiter *a, const struct objects *objects);

/* What has changed since the last time. *items is the arbiter's, valid until the next call. */
int arbiter_decide(struct arbiter *a, const struct view *view, struct decisions *ret);

/* See engine_outcome and engine_owner. */
void arbiter_outcome(struct arbiter *a, uint32_t knob, struct oid object, int error,
                     const struct trimtab_value *effective);
int arbiter_owner(const struct arbiter *a, uint32_t knob, struct oid object, const char **ret_rule,
                  const char **ret_shadowed);

#endif
