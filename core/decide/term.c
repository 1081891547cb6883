/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/term.h"

#include "util/str.h"

bool term_is_same(const struct node *a, const struct node *b)
{
        if (!a || !b)
                return a == b;
        if (a->kind != b->kind || a->series != b->series || a->scope != b->scope ||
            a->statistic != b->statistic || a->window_ns != b->window_ns || a->aggregate != b->aggregate ||
            a->number != b->number || !selector_equal(&a->selector, &b->selector))
                return false;
        return term_is_same(a->left, b->left) && term_is_same(a->right, b->right);
}

/* What is measured, if the term is that and nothing more; NULL: it is put together. */
static const struct node *measured(const struct node *term)
{
        if (term->kind == NODE_AGGREGATE)
                term = term->right;
        return term->kind == NODE_STATISTIC || term->kind == NODE_KNOB ? term : NULL;
}

enum tie term_tie(const struct node *a, const struct node *b, const struct catalogue *catalogue)
{
        const struct node *x = measured(a), *y = measured(b);
        const char *of_x, *of_y;

        if (!x || !y)
                return TIE_UNKNOWN;
        if (x->kind == y->kind && x->series == y->series)
                return TIE_TOGETHER;
        /* Things of unlike units, or that two plugins measure, are not parts of each other. */
        if (!(x->dims & y->dims))
                return TIE_NONE;
        if (x->kind == NODE_KNOB || y->kind == NODE_KNOB)
                return TIE_UNKNOWN; /* a limit and what it limits */
        of_x = catalogue_metric_at(catalogue, x->series)->plugin;
        of_y = catalogue_metric_at(catalogue, y->series)->plugin;
        return of_x && of_y && !streq(of_x, of_y) ? TIE_NONE : TIE_UNKNOWN;
}
