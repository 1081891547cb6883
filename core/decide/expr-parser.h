/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPR_PARSER_H
#define TRIMTAB_EXPR_PARSER_H

#include "decide/expr-parse.h"

/*
 * The parser of conditions inside: its state, steps and type checks (expr-parser.c) for the grammar of
 * operators (expr-parse.c) and of names (expr-names.c).
 */

struct parser {
        struct reading *reading;
        struct lexer lexer;
        unsigned depth, n_nodes;
        struct node *aggregate; /* the one we are inside, or NULL */
        bool incomplete;        /* a name is not known yet: the tree is only good for finding mistakes */
};

/* All of them: 0; -EINVAL after saying why in diag; -ENOMEM. What they return is set when they succeed only.
 */

int parser_next(struct parser *p);
/* "expected WHAT, found 'x'": always -EINVAL. */
int parser_expected(struct parser *p, const char *what);
int parser_expect(struct parser *p, enum token_type type, const char *what);
int parser_node(struct parser *p, enum node_kind kind, struct node *left, struct node *right,
                struct node **ret);

/* Whether n, from its first token to the last one read, is what must stand there. */
int parser_number_wanted(struct parser *p, const struct node *n, const struct token *first);
int parser_condition_wanted(struct parser *p, const struct node *n, const struct token *first);

/* Left and right in one, with their units compared; first is that of right. parser_combine (NODE_ADD …
 * NODE_DIVIDE) folds constants and takes over both, also when it fails; parser_compare takes over both when
 * it succeeds. */
int parser_combine(struct parser *p, enum node_kind kind, struct node *left, struct node *right,
                   const struct token *first, struct node **ret);
int parser_compare(struct parser *p, enum node_kind kind, struct node *left, struct node *right,
                   const struct token *first, struct node **ret);

/* "( … )", with the parenthesis at hand. */
int parse_parenthesised(struct parser *p, struct node **ret);
/* A function, a knob or "max". */
int parse_name(struct parser *p, struct node **ret);

#endif
