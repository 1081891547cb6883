/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/finding.h"

#include <math.h>

#include "decide/expr-print.h"
#include "decide/expr-types.h"

struct walk {
        const double *seen;
        int (*cb)(void *userdata, const struct finding *f);
        void *userdata;
};

/* What the numbers of a comparison came to, from the values that were seen. */
static double number_of(const struct node *n, const double *seen)
{
        if (n->kind == NODE_NUMBER)
                return n->number;
        if (n->kind == NODE_STATISTIC || n->kind == NODE_KNOB || n->kind == NODE_AGGREGATE)
                return seen[n->leaf];
        if (n->kind == NODE_NEGATE)
                return -number_of(n->right, seen);
        return constant_operation(n->kind, number_of(n->left, seen), number_of(n->right, seen));
}

static struct finding finding_of(const struct node *n, const double *seen, bool denied)
{
        struct finding f = { .node = n, .value = NAN, .threshold = NAN, .denied = denied };

        if (n->kind == NODE_AGGREGATE) {
                f.truth = isnan(seen[n->leaf]) ? TRUTH_UNKNOWN
                          : seen[n->leaf] != 0 ? TRUTH_TRUE
                                               : TRUTH_FALSE;
                return f;
        }
        f.value = number_of(n->left, seen);
        f.threshold = number_of(n->right, seen);
        f.truth = expr_compare(n->kind, f.value, f.threshold);
        return f;
}

static int walk_node(const struct walk *w, const struct node *n, bool denied)
{
        struct finding f;
        int r;

        if (n->kind == NODE_NOT)
                return walk_node(w, n->right, !denied);
        if (n->kind == NODE_AND || n->kind == NODE_OR) {
                r = walk_node(w, n->left, denied);
                return r != 0 ? r : walk_node(w, n->right, denied);
        }

        f = finding_of(n, w->seen, denied);
        return w->cb(w->userdata, &f);
}

int findings_foreach(const struct expr *e, const double *seen,
                     int (*cb)(void *userdata, const struct finding *f), void *userdata)
{
        const struct walk w = { .seen = seen, .cb = cb, .userdata = userdata };

        return e->root ? walk_node(&w, e->root, false) : 0;
}

/* Keeps the first, and stops at the first that speaks for the condition. */
static int choose(void *userdata, const struct finding *f)
{
        struct finding *best = userdata;
        bool speaks = f->truth == (f->denied ? TRUTH_FALSE : TRUTH_TRUE);

        if (!best->node || speaks)
                *best = *f;
        return speaks;
}

static void print_quantity(char *buffer, size_t size, double base, dimensions dims)
{
        struct text t;

        text_init(&t, buffer, size);
        if (!isnan(base))
                text_add_quantity(&t, base, dims);
}

struct cause cause_of(const struct expr *e, const double *seen, const struct catalogue *catalogue)
{
        struct finding best = { 0 };
        struct cause cause = { 0 };
        const struct node *measure;
        struct text t;

        (void) findings_foreach(e, seen, choose, &best);
        if (!best.node)
                return cause;

        measure = best.node->kind == NODE_AGGREGATE ? best.node : best.node->left;
        text_init(&t, cause.measure, sizeof(cause.measure));
        text_add_node(&t, measure, catalogue);
        print_quantity(cause.value, sizeof(cause.value), best.value, measure->dims);
        print_quantity(cause.threshold, sizeof(cause.threshold), best.threshold, measure->dims);
        return cause;
}
