/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INTERVAL_H
#define TRIMTAB_INTERVAL_H

#include <stdbool.h>

#include "decide/expr.h"
#include "sense/catalogue.h"

/*
 * The values that a number can have, from low to high. An end that is open does not belong to it; INFINITY
 * does, as `max`, when its end is not open. Ends nearer to each other than conditions tell apart are the
 * same.
 */
struct interval {
        double low, high;
        bool low_open, high_open;
};

/* Every number. */
struct interval interval_all(void);

struct interval interval_both(struct interval a, struct interval b);
bool interval_is_empty(struct interval i);
bool interval_is_point(struct interval i, double *ret);
bool interval_has_whole_number(struct interval i);

/* The numbers x with "x < 5": kind is NODE_LESS … NODE_EQUAL. NODE_NOT_EQUAL is no interval: all of them. */
struct interval interval_of_comparison(enum node_kind kind, double constant);

/* What a number of a condition can be, from what its metrics are: nothing that happens is outside. */
struct interval interval_of_node(const struct node *n, const struct catalogue *catalogue);

#endif
