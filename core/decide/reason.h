/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_REASON_H
#define TRIMTAB_REASON_H

#include "decide/instance.h"

/* Why something is decided, in a person's words and units; at most what fits into struct decision. */
struct reason {
        char text[200];
        struct cause cause; /* empty when no measurement brought it about */
};

struct reason reason_act(const struct instance *i,
                         const struct view *view); /* "p99(…) = 7.2ms > 5ms for 10s" */
struct reason reason_clear(const struct instance *i,
                           const struct view *view); /* "p99(…) = 2ms < 3.75ms for 30s" */
struct reason reason_ease(const struct instance *i,
                          const struct view *view); /* "easing: p99(…) = 2ms < 3.75ms" */
struct reason reason_undo(const struct instance *i,
                          const struct view *view); /* "its guard turned false: …" */

/* What a goal does with a lever. */
enum reason_goal {
        REASON_STEP,      /* the goal is violated */
        REASON_NO_HELP,   /* the lever goes back: it did not help */
        REASON_NOT_BORNE, /* the lever goes back: what was given back was missing */
        REASON_EASE,
        REASON_TAKE,
        REASON_GIVE,
        REASON_STUCK,
};
struct reason reason_goal(const struct instance *i, const struct view *view, enum reason_goal what);

#endif
