/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/expr-print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/ownership.h"

/* How tightly an operator binds: an operand that binds less needs parentheses. */
static const struct {
        const char *symbol;
        int binding;
} operators[] = {
        [NODE_NUMBER] = { NULL, 9 },
        [NODE_STATISTIC] = { NULL, 9 },
        [NODE_KNOB] = { NULL, 9 },
        [NODE_AGGREGATE] = { NULL, 9 },
        [NODE_NEGATE] = { "-", 7 },
        [NODE_ADD] = { " + ", 5 },
        [NODE_SUBTRACT] = { " - ", 5 },
        [NODE_MULTIPLY] = { " * ", 6 },
        [NODE_DIVIDE] = { " / ", 6 },
        [NODE_LESS] = { " < ", 4 },
        [NODE_LESS_EQUAL] = { " <= ", 4 },
        [NODE_GREATER] = { " > ", 4 },
        [NODE_GREATER_EQUAL] = { " >= ", 4 },
        [NODE_EQUAL] = { " == ", 4 },
        [NODE_NOT_EQUAL] = { " != ", 4 },
        [NODE_AND] = { " and ", 2 },
        [NODE_OR] = { " or ", 1 },
        [NODE_NOT] = { "not ", 3 },
};

static const char *const aggregate_names[] = {
        [AGGREGATE_SUM] = "sum_of", [AGGREGATE_MAX] = "max_of", [AGGREGATE_MIN] = "min_of",
        [AGGREGATE_AVG] = "avg_of", [AGGREGATE_ANY] = "any_of", [AGGREGATE_ALL] = "all_of",
};

void text_init(struct text *t, char *buffer, size_t size)
{
        *t = (struct text){ .at = buffer, .size = size };
        buffer[0] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(t->at + t->length, t->size - t->length, format, ap);
        va_end(ap);

        if (n < 0)
                return;
        t->length += (size_t) n < t->size - t->length ? (size_t) n : t->size - t->length - 1;
}

static enum dimension best_dimension(dimensions dims)
{
        /* A plain number unless it cannot be one. */
        for (enum dimension d = DIMENSION_NONE; d <= DIMENSION_RATIO; d++)
                if (dims & 1u << d)
                        return d;
        return DIMENSION_NONE;
}

const char *dimensions_name(dimensions dims)
{
        return dims == 0 ? "a condition" : dimension_name(best_dimension(dims));
}

void text_add_quantity(struct text *t, double base, dimensions dims)
{
        _cleanup_free_ char *s = NULL;

        if (isnan(base)) {
                text_add(t, "unknown");
                return;
        }
        s = quantity_format(base, best_dimension(dims));
        text_add(t, "%s", s ?: "?");
}

static void add_window(struct text *t, const struct node *n)
{
        if (!n->window_given)
                return;
        text_add(t, ", ");
        text_add_quantity(t, (double) n->window_ns, 1u << DIMENSION_TIME);
}

static void add_operand(struct text *t, const struct node *n, int binding, const struct catalogue *catalogue)
{
        bool loose = operators[n->kind].binding < binding;

        text_add(t, "%s", loose ? "(" : "");
        text_add_node(t, n, catalogue);
        text_add(t, "%s", loose ? ")" : "");
}

void text_add_node(struct text *t, const struct node *n, const struct catalogue *catalogue)
{
        const char *object = n->selector.text;
        int binding = operators[n->kind].binding;

        switch (n->kind) {
        case NODE_NUMBER:
                text_add_quantity(t, n->number, n->dims);
                return;
        case NODE_STATISTIC:
                text_add(t, "%s(%s%s%s", statistic_name(n->statistic),
                         catalogue_metric_at(catalogue, n->series)->name, object ? " " : "", object ?: "");
                add_window(t, n);
                text_add(t, ")");
                return;
        case NODE_KNOB:
                text_add(t, "%s%s%s", catalogue_knob_at(catalogue, n->series)->name, object ? " " : "",
                         object ?: "");
                return;
        case NODE_AGGREGATE:
                text_add(t, "%s(", aggregate_names[n->aggregate]);
                text_add_node(t, n->right, catalogue);
                text_add(t, ")");
                return;
        case NODE_NEGATE:
        case NODE_NOT:
                text_add(t, "%s", operators[n->kind].symbol);
                add_operand(t, n->right, binding + 1, catalogue);
                return;
        case NODE_ADD:
        case NODE_SUBTRACT:
        case NODE_MULTIPLY:
        case NODE_DIVIDE:
        case NODE_LESS:
        case NODE_LESS_EQUAL:
        case NODE_GREATER:
        case NODE_GREATER_EQUAL:
        case NODE_EQUAL:
        case NODE_NOT_EQUAL:
        case NODE_AND:
        case NODE_OR:
                add_operand(t, n->left, binding, catalogue);
                text_add(t, "%s", operators[n->kind].symbol);
                add_operand(t, n->right, binding + 1, catalogue);
                return;
        }
}

static void add_seen(struct text *t, const struct node *n, const double *seen,
                     const struct catalogue *catalogue)
{
        if (!n)
                return;
        if (n->kind != NODE_STATISTIC && n->kind != NODE_KNOB && n->kind != NODE_AGGREGATE) {
                add_seen(t, n->left, seen, catalogue);
                add_seen(t, n->right, seen, catalogue);
                return;
        }

        text_add(t, "%s", t->length > 0 ? ", " : "");
        text_add_node(t, n, catalogue);
        if (node_is_condition(n))
                text_add(t, " is %s",
                         isnan(seen[n->leaf]) ? "unknown"
                         : seen[n->leaf] != 0 ? "true"
                                              : "false");
        else {
                text_add(t, " = ");
                text_add_quantity(t, seen[n->leaf], n->dims);
        }
}

void text_add_seen(struct text *t, const struct expr *e, const double *seen,
                   const struct catalogue *catalogue)
{
        add_seen(t, e->root, seen, catalogue);
}

/* One side of a comparison: a measured value with its number, or as it stands. */
static void add_side(struct text *t, const struct node *n, const double *seen,
                     const struct catalogue *catalogue)
{
        text_add_node(t, n, catalogue);
        if (n->kind == NODE_STATISTIC || n->kind == NODE_KNOB || n->kind == NODE_AGGREGATE) {
                text_add(t, " = ");
                text_add_quantity(t, seen[n->leaf], n->dims);
        }
}

static void add_findings(struct text *t, const struct node *n, int binding, const double *seen,
                         const struct catalogue *catalogue)
{
        int own = operators[n->kind].binding;

        if (node_is_comparison(n)) {
                add_side(t, n->left, seen, catalogue);
                text_add(t, "%s", operators[n->kind].symbol);
                add_side(t, n->right, seen, catalogue);
                return;
        }
        if (n->kind == NODE_AGGREGATE) {
                text_add_node(t, n, catalogue);
                return;
        }

        text_add(t, "%s", own < binding ? "(" : "");
        if (n->left)
                add_findings(t, n->left, own, seen, catalogue);
        text_add(t, "%s", operators[n->kind].symbol);
        add_findings(t, n->right, own + 1, seen, catalogue);
        text_add(t, "%s", own < binding ? ")" : "");
}

void text_add_findings(struct text *t, const struct expr *e, const double *seen,
                       const struct catalogue *catalogue)
{
        if (e->root)
                add_findings(t, e->root, 0, seen, catalogue);
}
