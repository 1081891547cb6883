/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/expr-parse.h"

#include <errno.h>

#include "decide/expr-parser.h"
#include "decide/expr-types.h"
#include "util/ownership.h"

/* Deeper is no condition that anybody reads; it also bounds the recursion over the tree. */
#define DEPTH_MAX 32

static int parse_or(struct parser *p, struct node **ret);

static int parse_number(struct parser *p, double base, enum dimension dimension, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        int r;

        r = parser_node(p, NODE_NUMBER, NULL, NULL, &n);
        if (r < 0)
                return r;
        n->number = base;
        n->dims = dimensions_of_literal(base, dimension);
        r = parser_next(p);
        if (r < 0)
                return r;
        *ret = TAKE(n);
        return 0;
}

/* "( … )", with the parenthesis at hand. */
int parse_parenthesised(struct parser *p, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        int r;

        r = parser_next(p);
        if (r < 0)
                return r;
        r = parse_or(p, &n);
        if (r < 0)
                return r;
        r = parser_expect(p, TOKEN_CLOSE, "')'");
        if (r < 0)
                return r;
        *ret = TAKE(n);
        return 0;
}

static int parse_factor(struct parser *p, struct node **ret);

static int parse_negative(struct parser *p, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        struct token first;
        int r;

        r = parser_next(p);
        if (r < 0)
                return r;
        first = p->lexer.token;
        r = parse_factor(p, &n);
        if (r < 0)
                return r;
        r = parser_number_wanted(p, n, &first);
        if (r < 0)
                return r;

        if (n->kind == NODE_NUMBER) {
                n->number = -n->number;
                *ret = TAKE(n);
                return 0;
        }
        r = parser_node(p, NODE_NEGATE, NULL, n, ret);
        if (r < 0)
                return r;
        (*ret)->dims = TAKE(n)->dims;
        return 0;
}

static int parse_factor_inside(struct parser *p, struct node **ret)
{
        const struct token *t = &p->lexer.token;

        switch (t->type) {
        case TOKEN_NUMBER:
                return parse_number(p, t->number, t->dimension, ret);
        case TOKEN_NAME:
                return parse_name(p, ret);
        case TOKEN_OPEN:
                return parse_parenthesised(p, ret);
        case TOKEN_MINUS:
                return parse_negative(p, ret);
        case TOKEN_END:
        case TOKEN_SELECTOR:
        case TOKEN_CLOSE:
        case TOKEN_COMMA:
        case TOKEN_PLUS:
        case TOKEN_TIMES:
        case TOKEN_OVER:
        case TOKEN_LESS:
        case TOKEN_LESS_EQUAL:
        case TOKEN_GREATER:
        case TOKEN_GREATER_EQUAL:
        case TOKEN_EQUAL:
        case TOKEN_NOT_EQUAL:
        case TOKEN_SET:
        case TOKEN_PLUS_SET:
        case TOKEN_MINUS_SET:
        case TOKEN_TIMES_SET:
        case TOKEN_OVER_SET:
        case TOKEN_RANGE:
                break;
        }
        return parser_expected(p, "a number, a function or a knob");
}

static int deeper(struct parser *p)
{
        if (++p->depth <= DEPTH_MAX)
                return 0;
        diag_add(p->reading->diag, SEVERITY_ERROR, &p->lexer.token.place, "nested too deeply");
        return -EINVAL;
}

static int parse_factor(struct parser *p, struct node **ret)
{
        int r;

        r = deeper(p);
        if (r < 0)
                return r;
        r = parse_factor_inside(p, ret);
        p->depth--;
        return r;
}

/* operand { operator operand }, from the left. */
static int parse_chain(struct parser *p, int (*operand)(struct parser *p, struct node **ret),
                       enum token_type a, enum node_kind a_kind, enum token_type b, enum node_kind b_kind,
                       struct node **ret)
{
        _cleanup_(node_freep) struct node *left = NULL;
        struct token first = p->lexer.token;
        int r;

        r = operand(p, &left);
        if (r < 0)
                return r;

        while (p->lexer.token.type == a || p->lexer.token.type == b) {
                enum node_kind kind = p->lexer.token.type == a ? a_kind : b_kind;
                struct node *right = NULL, *both = NULL;

                r = parser_number_wanted(p, left, &first);
                if (r < 0)
                        return r;
                r = parser_next(p);
                if (r < 0)
                        return r;
                first = p->lexer.token;
                r = operand(p, &right);
                if (r < 0)
                        return r;
                r = parser_combine(p, kind, TAKE(left), right, &first, &both);
                if (r < 0)
                        return r;
                left = both;
        }

        *ret = TAKE(left);
        return 0;
}

static int parse_product(struct parser *p, struct node **ret)
{
        return parse_chain(p, parse_factor, TOKEN_TIMES, NODE_MULTIPLY, TOKEN_OVER, NODE_DIVIDE, ret);
}

static int parse_sum(struct parser *p, struct node **ret)
{
        return parse_chain(p, parse_product, TOKEN_PLUS, NODE_ADD, TOKEN_MINUS, NODE_SUBTRACT, ret);
}

static bool comparison_kind(enum token_type type, enum node_kind *ret)
{
        if (type < TOKEN_LESS || type > TOKEN_NOT_EQUAL)
                return false;
        *ret = NODE_LESS + (type - TOKEN_LESS);
        return true;
}

_Static_assert(TOKEN_NOT_EQUAL - TOKEN_LESS == NODE_NOT_EQUAL - NODE_LESS,
               "comparisons stand in the same order");

static int parse_comparison(struct parser *p, struct node **ret)
{
        _cleanup_(node_freep) struct node *left = NULL, *right = NULL;
        struct token first = p->lexer.token;
        enum node_kind kind, again;
        int r;

        r = parse_sum(p, &left);
        if (r < 0)
                return r;

        if (p->lexer.token.type == TOKEN_SET)
                return parser_expected(p, "a comparison ('==' is for equal)");
        if (!comparison_kind(p->lexer.token.type, &kind)) {
                *ret = TAKE(left);
                return 0;
        }

        r = parser_number_wanted(p, left, &first);
        if (r < 0)
                return r;
        r = parser_next(p);
        if (r < 0)
                return r;
        first = p->lexer.token;
        r = parse_sum(p, &right);
        if (r < 0)
                return r;
        r = parser_number_wanted(p, right, &first);
        if (r < 0)
                return r;
        if (comparison_kind(p->lexer.token.type, &again))
                return parser_expected(p, "one comparison (join two with 'and')");

        r = parser_compare(p, kind, left, right, &first, ret);
        if (r < 0)
                return r;
        TAKE(left);
        TAKE(right);
        return 0;
}

static int parse_not(struct parser *p, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        struct token first;
        int r;

        if (!token_is(&p->lexer.token, "not"))
                return parse_comparison(p, ret);

        r = deeper(p);
        if (r < 0)
                return r;
        r = parser_next(p);
        if (r < 0)
                return r;
        first = p->lexer.token;
        r = parse_not(p, &n);
        if (r < 0)
                return r;
        p->depth--;
        r = parser_condition_wanted(p, n, &first);
        if (r < 0)
                return r;
        r = parser_node(p, NODE_NOT, NULL, n, ret);
        if (r < 0)
                return r;
        TAKE(n);
        return 0;
}

/* operand { word operand }: and, or. */
static int parse_logic(struct parser *p, int (*operand)(struct parser *p, struct node **ret),
                       const char *word, enum node_kind kind, struct node **ret)
{
        _cleanup_(node_freep) struct node *left = NULL;
        struct token first = p->lexer.token;
        int r;

        r = operand(p, &left);
        if (r < 0)
                return r;

        while (token_is(&p->lexer.token, word)) {
                _cleanup_(node_freep) struct node *right = NULL;
                struct node *both;

                r = parser_condition_wanted(p, left, &first);
                if (r < 0)
                        return r;
                r = parser_next(p);
                if (r < 0)
                        return r;
                first = p->lexer.token;
                r = operand(p, &right);
                if (r < 0)
                        return r;
                r = parser_condition_wanted(p, right, &first);
                if (r < 0)
                        return r;
                r = parser_node(p, kind, left, right, &both);
                if (r < 0)
                        return r;
                TAKE(right);
                left = both;
        }

        *ret = TAKE(left);
        return 0;
}

static int parse_and(struct parser *p, struct node **ret)
{
        return parse_logic(p, parse_not, "and", NODE_AND, ret);
}

static int parse_or(struct parser *p, struct node **ret)
{
        return parse_logic(p, parse_and, "or", NODE_OR, ret);
}

int expr_parse(struct reading *reading, const struct ini_line *lines, size_t n_lines, struct expr *ret)
{
        _cleanup_(node_freep) struct node *root = NULL;
        struct parser p = { .reading = reading };
        struct token first;
        int r;

        r = lexer_init(&p.lexer, lines, n_lines, reading->diag);
        if (r < 0)
                return r;
        first = p.lexer.token;
        r = parse_or(&p, &root);
        if (r < 0)
                return r;
        if (p.lexer.token.type != TOKEN_END)
                return parser_expected(&p,
                                       node_is_condition(root) ? "'and', 'or' or the end" : "a comparison");
        r = parser_condition_wanted(&p, root, &first);
        if (r < 0)
                return r;

        *ret = p.incomplete ? (struct expr){ 0 } : expr_make(TAKE(root));
        return 0;
}

int expr_parse_number(struct reading *reading, struct lexer *l, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        struct parser p = { .reading = reading, .lexer = *l };
        struct token first = l->token;
        int r;

        r = parse_sum(&p, &n);
        if (r < 0)
                return r;
        r = parser_number_wanted(&p, n, &first);
        if (r < 0)
                return r;
        *l = p.lexer;
        if (p.incomplete)
                return 1;
        *ret = TAKE(n);
        return 0;
}
