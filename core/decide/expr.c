/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/expr.h"

#include <math.h>

#include "util/ownership.h"

struct node *node_new(enum node_kind kind, struct node *left, struct node *right)
{
        struct node *n = calloc(1, sizeof(*n));

        if (!n)
                return NULL;
        n->kind = kind;
        n->left = left;
        n->right = right;
        return n;
}

struct node *node_free(struct node *n)
{
        if (!n)
                return NULL;
        node_free(n->left);
        node_free(n->right);
        selector_clear(&n->selector);
        free(n);
        return NULL;
}

struct node *node_copy(const struct node *n)
{
        _cleanup_(node_freep) struct node *copy = node_new(n->kind, NULL, NULL);

        if (!copy)
                return NULL;

        *copy = *n;
        copy->left = copy->right = NULL;
        if (selector_copy(&n->selector, &copy->selector) < 0) {
                copy->selector = (struct selector){ 0 };
                return NULL;
        }

        if (n->left && !(copy->left = node_copy(n->left)))
                return NULL;
        if (n->right && !(copy->right = node_copy(n->right)))
                return NULL;
        return TAKE(copy);
}

bool node_is_condition(const struct node *n)
{
        return n->kind >= NODE_LESS || (n->kind == NODE_AGGREGATE && n->aggregate >= AGGREGATE_ANY);
}

bool node_is_comparison(const struct node *n)
{
        return n->kind >= NODE_LESS && n->kind <= NODE_NOT_EQUAL;
}

static size_t number_leaves(struct node *n, size_t next)
{
        if (!n)
                return next;
        if (n->kind == NODE_STATISTIC || n->kind == NODE_KNOB || n->kind == NODE_AGGREGATE) {
                n->leaf = next++;
                return next;
        }
        next = number_leaves(n->left, next);
        return number_leaves(n->right, next);
}

struct expr expr_make(struct node *root)
{
        return (struct expr){ .root = root, .n_leaves = number_leaves(root, 0) };
}

void expr_clear(struct expr *e)
{
        e->root = node_free(e->root);
        e->n_leaves = 0;
}

int node_foreach(const struct node *n, int (*cb)(void *userdata, const struct node *n), void *userdata)
{
        int r;

        if (!n)
                return 0;
        r = cb(userdata, n);
        if (r != 0)
                return r;
        r = node_foreach(n->left, cb, userdata);
        if (r != 0)
                return r;
        return node_foreach(n->right, cb, userdata);
}

/* The way a comparison has to turn to be clear, by kind: "> 8" clears at "< 6". */
static bool clears_below(enum node_kind kind)
{
        return kind == NODE_GREATER || kind == NODE_GREATER_EQUAL;
}

/* A quarter towards clear: of a single comparison with a constant other than nought, there is a gap to be
 * had. */
static struct node *clear_comparison(const struct node *when)
{
        _cleanup_(node_freep) struct node *until = NULL;
        struct node *constant;
        bool on_right, below;

        if (!node_is_comparison(when) || when->kind == NODE_EQUAL || when->kind == NODE_NOT_EQUAL)
                return NULL;

        on_right = when->right->kind == NODE_NUMBER;
        constant = on_right ? when->right : when->left;
        if (constant->kind != NODE_NUMBER || constant->number == 0 || !isfinite(constant->number))
                return NULL;

        until = node_copy(when);
        if (!until)
                return NULL;

        below = clears_below(when->kind) == on_right;
        until->kind = clears_below(when->kind) ? NODE_LESS : NODE_GREATER;
        constant = on_right ? until->right : until->left;
        constant->number += (below ? -0.25 : 0.25) * fabs(constant->number);
        return TAKE(until);
}

struct expr expr_default_until(const struct expr *when)
{
        _cleanup_(node_freep) struct node *copy = clear_comparison(when->root);
        struct node * not ;

        if (copy)
                return expr_make(TAKE(copy));

        copy = node_copy(when->root);
        not = copy ? node_new(NODE_NOT, NULL, copy) : NULL;
        if (!not )
                return (struct expr){ 0 };
        TAKE(copy);
        return expr_make(not );
}
