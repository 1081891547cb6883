/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPR_H
#define TRIMTAB_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/units.h"
#include "decide/select.h"
#include "decide/view.h"
#include "util/ownership.h"

/*
 * Conditions as trees. All numbers in them are in base units (ns, bytes, 1 for 100 %), so that arithmetic
 * needs no units any more: they were compared when the tree was made (expr-parse.h).
 */

enum node_kind {
        NODE_NUMBER,
        NODE_STATISTIC,
        NODE_KNOB,
        NODE_NEGATE,
        NODE_ADD,
        NODE_SUBTRACT,
        NODE_MULTIPLY,
        NODE_DIVIDE,
        NODE_AGGREGATE, /* sum_of … avg_of ( number ), any_of all_of ( condition ) */
        NODE_LESS,
        NODE_LESS_EQUAL,
        NODE_GREATER,
        NODE_GREATER_EQUAL,
        NODE_EQUAL,
        NODE_NOT_EQUAL,
        NODE_AND,
        NODE_OR,
        NODE_NOT,
};

enum aggregate { AGGREGATE_SUM, AGGREGATE_MAX, AGGREGATE_MIN, AGGREGATE_AVG, AGGREGATE_ANY, AGGREGATE_ALL };

/* The dimensions a number can be read in: 1 << DIMENSION_…; 0: a condition. A bare 0 is any. */
typedef unsigned dimensions;

struct node {
        enum node_kind kind;
        dimensions dims;
        /* Which of the measured values of the expression it is (see struct expr), for those that measure. */
        size_t leaf;
        struct node *left, *right; /* right also: the only operand */

        double number;            /* NODE_NUMBER */
        uint32_t series;          /* number of the metric or knob */
        uint32_t scope;           /* of the metric or knob; of an aggregate's objects */
        double factor;            /* from the unit of the metric's statistic, or the knob's, to the base */
        enum statistic statistic; /* NODE_STATISTIC */
        uint64_t window_ns;
        bool window_given;
        enum aggregate aggregate; /* NODE_AGGREGATE */
        struct selector selector; /* NODE_STATISTIC, NODE_KNOB, NODE_AGGREGATE: the several objects */
};

struct expr {
        struct node *root; /* NULL: there is none */
        size_t n_leaves;   /* statistics, knobs and aggregates outside of aggregates: what one sees of it */
};

struct node *node_new(enum node_kind kind, struct node *left, struct node *right);
struct node *node_free(struct node *n);
DEFINE_CLEANUP(struct node *, node_free);
struct node *node_copy(const struct node *n);
bool node_is_condition(const struct node *n);
bool node_is_comparison(const struct node *n);

/* Takes over root and numbers its leaves. */
struct expr expr_make(struct node *root);
void expr_clear(struct expr *e);

/* Calls cb for every node, parents first. Stops and returns what cb returns when that is not 0. */
int node_foreach(const struct node *n, int (*cb)(void *userdata, const struct node *n), void *userdata);

/*
 * Whether a condition holds. A comparison with anything that has no data is unknown; and, or, not as in SQL.
 * seen may be NULL; otherwise n_leaves numbers, NAN for what has no data. An empty expression is unknown.
 */
enum truth expr_truth(const struct expr *e, const struct context *c, double *seen);

/* A number of an expression, in base units; NAN: no data. Uses the context's hints as expr_truth does. */
double expr_number(const struct node *n, const struct context *c);

/* What a comparison of two numbers says, NAN having no data. */
enum truth expr_compare(enum node_kind kind, double left, double right);

/* What until is when a rule does not say: see rules.md. {NULL} when out of memory. */
struct expr expr_default_until(const struct expr *when);

#endif
