/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "decide/expr.h"

/* Inside, NAN is "no data": it spreads through arithmetic by itself, and makes every comparison unknown. */

static double number_of(const struct node *n, const struct context *c, double *seen);
static enum truth truth_of(const struct node *n, const struct context *c, double *seen);

static enum truth truth_not(enum truth t)
{
        return t == TRUTH_UNKNOWN ? t : t == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

static enum truth truth_and(enum truth a, enum truth b)
{
        if (a == TRUTH_FALSE || b == TRUTH_FALSE)
                return TRUTH_FALSE;
        return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum truth truth_or(enum truth a, enum truth b)
{
        return truth_not(truth_and(truth_not(a), truth_not(b)));
}

/* The key of the object that is measured. False: there is none now. */
static bool measured_key(const struct node *n, const struct context *c, uint64_t *ret)
{
        const struct object *object;

        /* By far the most, and it needs no search: a rule runs only for objects that are there. */
        if (n->selector.kind == SELECT_SELF && n->scope == c->self.scope) {
                *ret = c->self.key;
                return true;
        }
        object = select_one(&n->selector, c, n->scope);
        if (object)
                *ret = object->id.key;
        return object;
}

static double statistic_of(const struct node *n, const struct context *c)
{
        struct store_hint none = { 0 };
        uint64_t key;
        double value;

        if (!measured_key(n, c, &key) ||
            store_stat_hinted(c->view->store, c->hints ? &c->hints[n->leaf] : &none, n->series, key, n->statistic,
                              n->window_ns, c->view->now_ns, &value) < 0)
                return NAN;
        return value * n->factor;
}

static double knob_of(const struct node *n, const struct context *c)
{
        const struct object *object = select_one(&n->selector, c, n->scope);
        struct trimtab_value value;

        if (!object || c->view->current(c->view->userdata, catalogue_knob_at(c->view->catalogue, n->series),
                                        object->id, &value) < 0)
                return NAN;
        return value.type == TRIMTAB_NUMBER ? value.number * n->factor : NAN;
}

struct collected {
        const struct node *node;
        struct context context;
        double sum, largest, smallest;
        size_t n;
        enum truth any, all;
};

static int collect(void *userdata, const struct object *object)
{
        struct collected *k = userdata;
        double value;

        k->context.each = object;
        if (k->node->aggregate >= AGGREGATE_ANY) {
                enum truth t = truth_of(k->node->right, &k->context, NULL);

                k->any = k->n == 0 ? t : truth_or(k->any, t);
                k->all = k->n == 0 ? t : truth_and(k->all, t);
                k->n++;
                return 0;
        }

        /* As in SQL, what has no data is left out of a sum. */
        value = number_of(k->node->right, &k->context, NULL);
        if (isnan(value))
                return 0;
        k->sum += value;
        k->largest = k->n == 0 ? value : fmax(k->largest, value);
        k->smallest = k->n == 0 ? value : fmin(k->smallest, value);
        k->n++;
        return 0;
}

/* Over no objects, or none with data, nothing is known. */
static struct collected collected_of(const struct node *n, const struct context *c)
{
        struct collected k = {
                .node = n,
                .context = *c,
                .any = TRUTH_UNKNOWN,
                .all = TRUTH_UNKNOWN,
        };

        k.context.hints = NULL; /* those are for one object */
        (void) select_foreach(&n->selector, c, n->scope, collect, &k);
        return k;
}

static double aggregate_of(const struct node *n, const struct context *c)
{
        struct collected k = collected_of(n, c);

        if (k.n == 0)
                return NAN;

        switch (n->aggregate) {
        case AGGREGATE_SUM:
                return k.sum;
        case AGGREGATE_MAX:
                return k.largest;
        case AGGREGATE_MIN:
                return k.smallest;
        case AGGREGATE_AVG:
                return k.sum / (double) k.n;
        case AGGREGATE_ANY:
        case AGGREGATE_ALL:
                break;
        }
        return NAN;
}

static double see(const struct node *n, double *seen, double value)
{
        if (seen)
                seen[n->leaf] = value;
        return value;
}

static double divide(double a, double b)
{
        return b == 0 ? NAN : a / b;
}

static double number_of(const struct node *n, const struct context *c, double *seen)
{
        switch (n->kind) {
        case NODE_NUMBER:
                return n->number;
        case NODE_STATISTIC:
                return see(n, seen, statistic_of(n, c));
        case NODE_KNOB:
                return see(n, seen, knob_of(n, c));
        case NODE_AGGREGATE:
                return see(n, seen, aggregate_of(n, c));
        case NODE_NEGATE:
                return -number_of(n->right, c, seen);
        case NODE_ADD:
                return number_of(n->left, c, seen) + number_of(n->right, c, seen);
        case NODE_SUBTRACT:
                return number_of(n->left, c, seen) - number_of(n->right, c, seen);
        case NODE_MULTIPLY:
                return number_of(n->left, c, seen) * number_of(n->right, c, seen);
        case NODE_DIVIDE:
                return divide(number_of(n->left, c, seen), number_of(n->right, c, seen));
        case NODE_LESS:
        case NODE_LESS_EQUAL:
        case NODE_GREATER:
        case NODE_GREATER_EQUAL:
        case NODE_EQUAL:
        case NODE_NOT_EQUAL:
        case NODE_AND:
        case NODE_OR:
        case NODE_NOT:
                break; /* conditions: the parser lets none in here */
        }
        return NAN;
}

static bool compare(enum node_kind kind, double a, double b)
{
        /* What a division leaves behind is not a difference. */
        bool equal = a == b || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));

        if (isinf(a) || isinf(b))
                equal = a == b;
        if (kind == NODE_EQUAL || kind == NODE_NOT_EQUAL)
                return equal == (kind == NODE_EQUAL);
        if (kind == NODE_LESS || kind == NODE_LESS_EQUAL)
                return equal ? kind == NODE_LESS_EQUAL : a < b;
        return equal ? kind == NODE_GREATER_EQUAL : a > b;
}

enum truth expr_compare(enum node_kind kind, double left, double right)
{
        if (isnan(left) || isnan(right))
                return TRUTH_UNKNOWN;
        return compare(kind, left, right) ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth comparison(const struct node *n, const struct context *c, double *seen)
{
        double left = number_of(n->left, c, seen), right = number_of(n->right, c, seen);

        return expr_compare(n->kind, left, right);
}

static enum truth any_or_all(const struct node *n, const struct context *c, double *seen)
{
        struct collected k = collected_of(n, c);
        enum truth t = n->aggregate == AGGREGATE_ANY ? k.any : k.all;

        see(n, seen, t == TRUTH_UNKNOWN ? (double) NAN : t == TRUTH_TRUE);
        return t;
}

/* Both sides of and and or are looked at always: one wants to see all values. */
static enum truth truth_of(const struct node *n, const struct context *c, double *seen)
{
        enum truth left;

        switch (n->kind) {
        case NODE_AND:
                left = truth_of(n->left, c, seen);
                return truth_and(left, truth_of(n->right, c, seen));
        case NODE_OR:
                left = truth_of(n->left, c, seen);
                return truth_or(left, truth_of(n->right, c, seen));
        case NODE_NOT:
                return truth_not(truth_of(n->right, c, seen));
        case NODE_AGGREGATE:
                return any_or_all(n, c, seen);
        case NODE_LESS:
        case NODE_LESS_EQUAL:
        case NODE_GREATER:
        case NODE_GREATER_EQUAL:
        case NODE_EQUAL:
        case NODE_NOT_EQUAL:
                return comparison(n, c, seen);
        case NODE_NUMBER:
        case NODE_STATISTIC:
        case NODE_KNOB:
        case NODE_NEGATE:
        case NODE_ADD:
        case NODE_SUBTRACT:
        case NODE_MULTIPLY:
        case NODE_DIVIDE:
                break; /* numbers: the parser lets none in here */
        }
        return TRUTH_UNKNOWN;
}

enum truth expr_truth(const struct expr *e, const struct context *c, double *seen)
{
        return e->root ? truth_of(e->root, c, seen) : TRUTH_UNKNOWN;
}

double expr_number(const struct node *n, const struct context *c)
{
        return number_of(n, c, NULL);
}
