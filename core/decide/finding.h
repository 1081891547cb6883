/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FINDING_H
#define TRIMTAB_FINDING_H

#include "decide/expr.h"

/* What was found when a condition was looked at: one comparison of it, with both numbers. */

struct finding {
        const struct node *node; /* the comparison, or an any_of, all_of */
        double value,
                threshold; /* left and right, in base units; NAN: no data, or none such (any_of, all_of) */
        enum truth truth;
        bool denied; /* it stands under a `not` */
};

/* Every comparison of e, left to right, by the values in `seen` (see expr_truth). Stops and returns what cb
 * returns when that is not 0. */
int findings_foreach(const struct expr *e, const double *seen,
                     int (*cb)(void *userdata, const struct finding *f), void *userdata);

/*
 * The comparison that a decision is put down to, in a person's words: the first one that speaks for the
 * condition. Text that does not fit is cut; "" where there is none.
 */
struct cause {
        char measure[120];  /* "p99(sched.runq_latency)" */
        char value[24];     /* "7.2ms" */
        char threshold[24]; /* "5ms" */
};

struct cause cause_of(const struct expr *e, const double *seen, const struct catalogue *catalogue);

#endif
