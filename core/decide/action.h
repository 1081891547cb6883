/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ACTION_H
#define TRIMTAB_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/expr.h"
#include "decide/select.h"

/* What a rule does: one line of `then`, and one of `within`. */

enum operation { OPERATION_SET, OPERATION_ADD, OPERATION_SUBTRACT, OPERATION_MULTIPLY, OPERATION_DIVIDE };

/* A range in the knob's unit, both ends included. high INFINITY: `max` is in it. */
struct range {
        double low, high;
};

struct action {
        uint32_t knob;
        struct selector selector;
        enum operation operation;
        struct trimtab_value value; /* OPERATION_SET, within the range */
        struct expr amount;         /* instead: worked out each time, for the object of the rule, and then brought into the range */
        double operand;             /* the others: in the knob's unit, or a plain factor */
        /* The knob's own range and `within` in one. finite_high: the largest that is not `max`. */
        struct range range;
        double finite_high;
};

/* The key of a bound is knob and selector. Without a selector it is for every action on the knob that has
 * none of its own. */
struct bound {
        uint32_t knob;
        struct selector selector;
        struct range range;
};

static inline bool action_is_relative(const struct action *a)
{
        return a->operation != OPERATION_SET;
}

static inline bool action_is_computed(const struct action *a)
{
        return a->amount.root;
}

void action_clear(struct action *a);
void bound_clear(struct bound *b);

#endif
