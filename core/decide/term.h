/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TERM_H
#define TRIMTAB_TERM_H

#include "decide/expr.h"

/* What conditions compare: numbers that are measured, and what two of them have to do with each other. */

/* Whether two terms read the same: one measurement, looked at from one object. */
bool term_is_same(const struct node *a, const struct node *b);

/* Of two that are not the same: may both have any value at once? */
enum tie {
        TIE_NONE,     /* nothing is known to be against it */
        TIE_TOGETHER, /* of one metric (the p50 follows the p99): if both are large, or both are small */
        TIE_UNKNOWN,
};

enum tie term_tie(const struct node *a, const struct node *b, const struct catalogue *catalogue);

#endif
