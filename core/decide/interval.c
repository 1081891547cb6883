/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/interval.h"

#include <math.h>

/* As comparisons have it: what a division leaves behind is not a difference. */
static bool same(double a, double b)
{
        if (isinf(a) || isinf(b))
                return a == b;
        return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static struct interval closed(double low, double high)
{
        return (struct interval){ .low = low, .high = high };
}

struct interval interval_all(void)
{
        return closed(-INFINITY, INFINITY);
}

struct interval interval_both(struct interval a, struct interval b)
{
        struct interval both = a;

        if (same(a.low, b.low)) {
                both.low_open = a.low_open || b.low_open;
        } else if (b.low > a.low) {
                both.low = b.low;
                both.low_open = b.low_open;
        }

        if (same(a.high, b.high)) {
                both.high_open = a.high_open || b.high_open;
        } else if (b.high < a.high) {
                both.high = b.high;
                both.high_open = b.high_open;
        }
        return both;
}

bool interval_is_empty(struct interval i)
{
        if (same(i.low, i.high))
                return i.low_open || i.high_open;
        return i.low > i.high;
}

bool interval_is_point(struct interval i, double *ret)
{
        if (!same(i.low, i.high) || i.low_open || i.high_open)
                return false;
        *ret = i.low;
        return true;
}

bool interval_has_whole_number(struct interval i)
{
        double first = ceil(i.low);

        if (isinf(i.low) || isinf(i.high))
                return true;
        if (i.low_open && same(first, i.low))
                first++;
        return i.high_open ? first < i.high && !same(first, i.high) : first <= i.high;
}

struct interval interval_of_comparison(enum node_kind kind, double constant)
{
        struct interval i = interval_all();

        if (kind == NODE_LESS || kind == NODE_LESS_EQUAL || kind == NODE_EQUAL)
                i.high = constant;
        if (kind == NODE_GREATER || kind == NODE_GREATER_EQUAL || kind == NODE_EQUAL)
                i.low = constant;
        i.high_open = kind == NODE_LESS;
        i.low_open = kind == NODE_GREATER;
        return i;
}

static struct interval of_statistic(const struct node *n, const struct catalogue *catalogue)
{
        const struct metric *m = catalogue_metric_at(catalogue, n->series);

        /* Totals and slots only grow, and what falls into slots is no less than 0. */
        if (m->kind == TRIMTAB_COUNTER || m->kind == TRIMTAB_HISTOGRAM)
                return closed(0, INFINITY);
        return m->flags & TRIMTAB_METRIC_SHARE ? closed(0, 1) : interval_all();
}

static struct interval negative(struct interval i)
{
        return closed(-i.high, -i.low);
}

static struct interval sum(struct interval a, struct interval b)
{
        double low = a.low + b.low, high = a.high + b.high;

        return closed(isnan(low) ? -INFINITY : low, isnan(high) ? INFINITY : high);
}

static struct interval scaled(struct interval i, double factor)
{
        return factor > 0 ? closed(i.low * factor, i.high * factor) : closed(i.high * factor, i.low * factor);
}

/* What is told of products and quotients: those with a number, and those of what is never negative. */
static struct interval product(struct interval a, struct interval b, bool quotient)
{
        double factor;

        if (interval_is_point(b, &factor) && isfinite(factor) && factor != 0)
                return scaled(a, quotient ? 1 / factor : factor);
        if (!quotient && interval_is_point(a, &factor) && isfinite(factor) && factor != 0)
                return scaled(b, factor);
        return a.low >= 0 && b.low >= 0 ? closed(0, INFINITY) : interval_all();
}

/* A sum of one value or more of what is never negative is no less than one of them. */
static struct interval of_sum(struct interval each)
{
        return closed(each.low >= 0 ? each.low : -INFINITY, each.high <= 0 ? each.high : INFINITY);
}

struct interval interval_of_node(const struct node *n, const struct catalogue *catalogue)
{
        struct interval left, right;

        switch (n->kind) {
        case NODE_NUMBER:
                return closed(n->number, n->number);
        case NODE_STATISTIC:
                return of_statistic(n, catalogue);
        case NODE_NEGATE:
                return negative(interval_of_node(n->right, catalogue));
        case NODE_AGGREGATE:
                if (node_is_condition(n))
                        break;
                right = interval_of_node(n->right, catalogue);
                return n->aggregate == AGGREGATE_SUM ? of_sum(right) : right;
        case NODE_ADD:
        case NODE_SUBTRACT:
        case NODE_MULTIPLY:
        case NODE_DIVIDE:
                left = interval_of_node(n->left, catalogue);
                right = interval_of_node(n->right, catalogue);
                if (n->kind == NODE_ADD)
                        return sum(left, right);
                if (n->kind == NODE_SUBTRACT)
                        return sum(left, negative(right));
                return product(left, right, n->kind == NODE_DIVIDE);
        case NODE_KNOB: /* others may have set it to what no rule could */
        case NODE_LESS:
        case NODE_LESS_EQUAL:
        case NODE_GREATER:
        case NODE_GREATER_EQUAL:
        case NODE_EQUAL:
        case NODE_NOT_EQUAL:
        case NODE_AND:
        case NODE_OR:
        case NODE_NOT:
                break;
        }
        return interval_all();
}
