/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPLAIN_GOAL_H
#define TRIMTAB_EXPLAIN_GOAL_H

#include "decide/explain.h"

/* Where a goal stands: what it does, what it expects of that, what comes next. Numbers are in base units of what it keeps. */
struct explained_goal {
        const struct goal *goal;
        enum controller_phase phase;
        double value;  /* measured at the last tick; NAN: no data */
        double margin; /* beyond that, something is given back */

        bool has_lever; /* one is at hand, */
        size_t lever;   /* this one */
        bool judges;    /* its last step, */
        double before;  /* made at this value, */
        double needed;  /* is to bring it at least here, */
        uint64_t wait_ns; /* in so much time. Stuck: until it tries again. 0: now */

        bool will_ease;   /* something is going to be given back (taken, by a lever that takes) */
        uint64_t ease_ns; /* in so much time at least, if the goal stays met with margin */
        bool burnt;       /* the last time that broke the goal */
};

/* False: the rule is none, or has no object. now_ns: the view's. */
bool explain_goal(const struct explained_rule *r, uint64_t now_ns, struct explained_goal *ret);

/* A lever of the goal. */
struct explained_lever {
        const struct lever *lever;
        bool held;
        uint64_t useless_ns; /* did not help, and is not tried for so long; 0: it is */
};
struct explained_lever explain_lever(const struct explained_rule *r, size_t lever, uint64_t now_ns);

#endif
