/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPR_PARSE_H
#define TRIMTAB_EXPR_PARSE_H

#include "decide/expr.h"
#include "decide/names.h"

/*
 * Reads a condition: names looked up, units compared, constants folded.
 *
 *     or   := and { "or" and }          and := not { "and" not }
 *     not  := "not" not | cmp
 *     cmp  := sum [ ( < | <= | > | >= | == | != ) sum ]
 *     sum  := product { ( + | - ) product }
 *     product := factor { ( * | / ) factor }
 *     factor  := "-" factor | number | "max" | knob [ @object ] | "(" or ")"
 *              | function "(" metric [ @object ] [ "," window ] ")"
 *              | ( sum_of | max_of | min_of | avg_of | any_of | all_of ) "(" or ")"
 *
 * One grammar for numbers and conditions, told apart by type: that gives better messages than two.
 * 0; -EINVAL after saying why in diag; -ENOMEM. A condition with names that nobody knows yet leaves *ret
 * empty and sets r->waits_for.
 */
int expr_parse(struct reading *r, const struct ini_line *lines, size_t n_lines, struct expr *ret);

/*
 * Reads a number, a `sum` of the grammar, from the token at hand on; the lexer is left behind it. As above, but 1: a name is not known
 * yet, *ret is untouched.
 */
int expr_parse_number(struct reading *r, struct lexer *l, struct node **ret);

#endif
