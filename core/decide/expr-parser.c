/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>

#include "decide/expr-parser.h"
#include "decide/expr-print.h"
#include "decide/expr-types.h"

/* Longer is no condition that anybody reads. */
#define NODES_MAX 256

int parser_next(struct parser *p)
{
        return lexer_next(&p->lexer);
}

int parser_expected(struct parser *p, const char *what)
{
        const struct token *t = &p->lexer.token;

        diag_add(p->reading->diag, SEVERITY_ERROR, &t->place, "expected %s, found %s", what,
                 token_text(t).text);
        return -EINVAL;
}

int parser_expect(struct parser *p, enum token_type type, const char *what)
{
        return p->lexer.token.type == type ? parser_next(p) : parser_expected(p, what);
}

int parser_node(struct parser *p, enum node_kind kind, struct node *left, struct node *right,
                struct node **ret)
{
        if (++p->n_nodes > NODES_MAX) {
                diag_add(p->reading->diag, SEVERITY_ERROR, &p->lexer.last.place, "the condition is too long");
                return -EINVAL;
        }
        *ret = node_new(kind, left, right);
        return *ret ? 0 : -ENOMEM;
}

int parser_number_wanted(struct parser *p, const struct node *n, const struct token *first)
{
        struct place place = token_span(first, &p->lexer.last);

        if (!node_is_condition(n))
                return 0;
        diag_add(p->reading->diag, SEVERITY_ERROR, &place, "expected a number, this is a condition");
        return -EINVAL;
}

int parser_condition_wanted(struct parser *p, const struct node *n, const struct token *first)
{
        struct place place = token_span(first, &p->lexer.last);

        if (node_is_condition(n))
                return 0;
        diag_add(p->reading->diag, SEVERITY_ERROR, &place,
                 "expected a condition, such as 'p99(sched.runq_latency) > 5ms'");
        return -EINVAL;
}

static int unlike(struct parser *p, const struct node *left, const struct node *right,
                  const struct token *first, const char *cannot)
{
        struct place place = token_span(first, &p->lexer.last);
        char a[160], b[160];
        struct text x, y;

        text_init(&x, a, sizeof(a));
        text_init(&y, b, sizeof(b));
        text_add_node(&x, left, p->reading->catalogue);
        text_add_node(&y, right, p->reading->catalogue);
        diag_add(p->reading->diag, SEVERITY_ERROR, &place, "'%s' is %s, '%s' is %s: they cannot be %s", a,
                 dimensions_name(left->dims), b, dimensions_name(right->dims), cannot);
        return -EINVAL;
}

int parser_combine(struct parser *p, enum node_kind kind, struct node *from_left, struct node *from_right,
                   const struct token *first, struct node **ret)
{
        _cleanup_(node_freep) struct node *left = from_left, *right = from_right;
        static const char *const cannot[] = {
                [NODE_ADD] = "added",
                [NODE_SUBTRACT] = "subtracted",
                [NODE_MULTIPLY] = "multiplied",
                [NODE_DIVIDE] = "divided",
        };
        dimensions dims;
        int r;

        r = parser_number_wanted(p, right, first);
        if (r < 0)
                return r;
        dims = dimensions_of_operation(kind, left->dims, right->dims);
        if (dims == 0)
                return unlike(p, left, right, first, cannot[kind]);

        if (left->kind == NODE_NUMBER && right->kind == NODE_NUMBER) {
                left->number = constant_operation(kind, left->number, right->number);
                left->dims = dims;
                if (isnan(left->number) && !p->incomplete) {
                        struct place place = token_span(first, &p->lexer.last);

                        diag_add(p->reading->diag, SEVERITY_ERROR, &place, "this has no value");
                        return -EINVAL;
                }
                *ret = TAKE(left);
                return 0;
        }

        r = parser_node(p, kind, left, right, ret);
        if (r < 0)
                return r;
        TAKE(left);
        TAKE(right);
        (*ret)->dims = dims;
        return 0;
}

int parser_compare(struct parser *p, enum node_kind kind, struct node *left, struct node *right,
                   const struct token *first, struct node **ret)
{
        dimensions common = dimensions_of_operation(kind, left->dims, right->dims);

        if (common == 0)
                return unlike(p, left, right, first, "compared");

        /* "> 500M" of bytes is bytes, where it is shown. */
        if (left->kind == NODE_NUMBER)
                left->dims = common;
        if (right->kind == NODE_NUMBER)
                right->dims = common;
        return parser_node(p, kind, left, right, ret);
}
