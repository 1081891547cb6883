/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPR_PRINT_H
#define TRIMTAB_EXPR_PRINT_H

#include <stddef.h>

#include "decide/expr.h"

/* Conditions and what was measured, in a person's words and units. Text that does not fit is cut, never
 * overrun. */

struct text {
        char *at;
        size_t size, length; /* length < size */
};

void text_init(struct text *t, char *buffer, size_t size);
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "5ms": in the best dimension of the possible ones. */
void text_add_quantity(struct text *t, double base, dimensions dims);

/* "p99(sched.runq_latency @host) * 2": as it could stand in a rule. */
void text_add_node(struct text *t, const struct node *n, const struct catalogue *catalogue);

/* "p99(sched.runq_latency) = 7.2ms": every measured value, with commas. */
void text_add_seen(struct text *t, const struct expr *e, const double *seen,
                   const struct catalogue *catalogue);

/* "p99(sched.runq_latency) = 7.2ms > 5ms": every comparison, joined as in the condition. */
void text_add_findings(struct text *t, const struct expr *e, const double *seen,
                       const struct catalogue *catalogue);

/* "a time", "a ratio (%)": what a number with these dimensions is, for messages. */
const char *dimensions_name(dimensions dims);

#endif
