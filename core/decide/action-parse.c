/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/action-parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide/expr-parse.h"
#include "decide/expr-print.h"
#include "decide/expr-types.h"
#include "decide/value.h"
#include "util/ownership.h"

static int expected(struct reading *r, const struct lexer *l, const char *what)
{
        diag_add(r->diag, SEVERITY_ERROR, &l->token.place, "expected %s, found %s", what,
                 token_text(&l->token).text);
        return -EINVAL;
}

int target_read(struct reading *r, struct lexer *l, const struct knob **ret_knob, struct selector *ret)
{
        struct token name = l->token, t;
        bool given;
        int e;

        if (name.type != TOKEN_NAME)
                return expected(r, l, "a knob, such as cpu.weight");
        e = name_knob(r, &name, ret_knob);
        if (e < 0)
                return e;
        e = lexer_next(l);
        if (e < 0)
                return e;

        t = l->token;
        given = t.type == TOKEN_SELECTOR;
        e = name_selector(r, given ? &t : NULL, ret);
        if (e < 0)
                return e;
        if (given) {
                e = lexer_next(l);
                if (e < 0)
                        return e;
        }
        if (!*ret_knob)
                return 0;

        e = name_check_scope(r, ret, (*ret_knob)->name, (*ret_knob)->scope, given ? &t.place : &name.place);
        if (e < 0)
                return e;
        /* For conditions the host stands for the root cgroup; there is nothing to set on that one. */
        if ((*ret_knob)->scope == SCOPE_CGROUP &&
            (ret->kind == SELECT_HOST || (ret->kind <= SELECT_PARENT && r->scope == SCOPE_HOST))) {
                diag_add(r->diag, SEVERITY_ERROR, given ? &t.place : &name.place,
                         "'%s' belongs to cgroup objects, the rule is for the host: name them with @cgroup:…",
                         (*ret_knob)->name);
                return -EINVAL;
        }
        return 0;
}

static int refuse_value(struct reading *r, const struct knob *k, int error, const struct place *place)
{
        _cleanup_free_ char *low = NULL, *high = NULL;
        struct trimtab_value min = value_number(k->min), max = value_number(k->max);

        switch (error) {
        case -ENOENT:
                diag_add(r->diag, SEVERITY_ERROR, place, "'%s' is %s, expected %s", k->name,
                         dimension_name(k->dimension),
                         k->dimension == DIMENSION_RATIO  ? "a number with %"
                         : k->dimension == DIMENSION_TIME ? "a number with a unit of time, such as 5ms"
                                                          : "a number with such a unit");
                return -EINVAL;
        case -ERANGE:
                low = value_format(k, &min);
                high = value_format(k, &max);
                diag_add(r->diag, SEVERITY_ERROR, place, "out of the range of '%s', %s..%s%s", k->name,
                         low ?: "?", high ?: "?", k->flags & TRIMTAB_KNOB_MAX ? ", or max" : "");
                return -EINVAL;
        case -ENOMEM:
                return error;
        default:
                diag_add(r->diag, SEVERITY_ERROR, place, "no value of '%s': expected %s%s%s", k->name,
                         k->type == TRIMTAB_CPULIST ? "a list of CPUs, such as 0-3,8"
                                                    : "a text of less than 1024 bytes",
                         k->choices ? ", or a word such as " : "", k->choices ? k->choices[0] : "");
                return -EINVAL;
        }
}

/* The number at hand, in the knob's unit. check_range false: bounds may reach beyond what the knob can hold.
 */
static int parse_number(struct reading *r, struct lexer *l, const struct knob *k, bool check_range,
                        double *ret)
{
        struct token t = l->token;
        bool max = token_is(&t, "max");
        int e;

        if (t.type != TOKEN_NUMBER && !max)
                return expected(r, l, k->flags & TRIMTAB_KNOB_MAX ? "a number or max" : "a number");

        e = value_from_quantity(k, max ? INFINITY : t.number, max ? DIMENSION_NONE : t.dimension, ret);
        if (e == -ERANGE && !check_range && !max) {
                *ret = t.number / k->factor;
                e = 0;
        }
        return e < 0 ? refuse_value(r, k, e, &t.place) : lexer_next(l);
}

/* Choices and lists are not made of tokens: they are what is left of the line. */
static int parse_text(struct reading *r, struct lexer *l, const struct knob *k, struct trimtab_value *ret)
{
        _cleanup_free_ char *text = NULL;
        const char *const *choices = (const char *const *) k->choices;
        struct token t;
        size_t n = 0;
        int e;

        e = lexer_rest(l, &t);
        if (e < 0)
                return e;
        text = strndup(t.text, t.length);
        if (!text)
                return -ENOMEM;

        e = value_parse(k, text, ret);
        if (e >= 0 || k->type != TRIMTAB_CHOICE || !choices)
                return e < 0 ? refuse_value(r, k, e, &t.place) : 0;

        while (choices[n])
                n++;
        return refuse_unknown(r->diag, &t.place, "choice", text, choices, n);
}

/* The operand of a relative action: what the knob is made of for += and -=, a plain factor or share for *=
 * and /=. */
int operand_read(struct reading *r, struct lexer *l, const struct knob *k, struct action *a)
{
        struct token t = l->token;
        bool like;

        if (t.type != TOKEN_NUMBER)
                return expected(r, l, "a number");

        if (a->operation == OPERATION_MULTIPLY || a->operation == OPERATION_DIVIDE) {
                if (t.dimension != DIMENSION_NONE && t.dimension != DIMENSION_RATIO) {
                        diag_add(r->diag, SEVERITY_ERROR, &t.place,
                                 "expected a factor, a plain number or %%, this is %s",
                                 dimension_name(t.dimension));
                        return -EINVAL;
                }
                a->operand = t.number;
        } else {
                like = t.dimension == k->dimension ||
                       (t.dimension == DIMENSION_NONE && k->dimension == DIMENSION_BYTES);
                if (!like)
                        return refuse_value(r, k, -ENOENT, &t.place);
                a->operand = t.number / k->factor;
        }

        if (a->operand <= 0) {
                diag_add(r->diag, SEVERITY_ERROR, &t.place, "expected a number above 0");
                return -EINVAL;
        }
        return lexer_next(l);
}

static int parse_operation(struct reading *r, struct lexer *l, enum operation *ret)
{
        if (l->token.type < TOKEN_SET || l->token.type > TOKEN_OVER_SET)
                return expected(r, l, "=, +=, -=, *= or /=");
        *ret = OPERATION_SET + (l->token.type - TOKEN_SET);
        return lexer_next(l);
}

_Static_assert(TOKEN_OVER_SET - TOKEN_SET == OPERATION_DIVIDE - OPERATION_SET,
               "operations stand in the same order");

int value_read(struct reading *r, struct lexer *l, const struct knob *k, struct trimtab_value *ret)
{
        double number;
        int e;

        if (k->type != TRIMTAB_NUMBER)
                return parse_text(r, l, k, ret);

        e = parse_number(r, l, k, true, &number);
        if (e < 0)
                return e;
        *ret = value_number(number);
        return 0;
}

/* One word that is no knob, a number almost always: what is wrong with it can be said better than of a sum. */
static bool is_alone(const struct reading *r, const struct lexer *l)
{
        const struct token *t = &l->token;
        _cleanup_(diag_clear) struct diag unheard = { 0 };
        struct lexer ahead = *l;

        if (t->type != TOKEN_NUMBER && (t->type != TOKEN_NAME || catalogue_knob(r->catalogue, t->text, t->length)))
                return false;
        ahead.diag = &unheard;
        return lexer_next(&ahead) < 0 || ahead.token.type == TOKEN_END;
}

/* A sum with something measured in it. 1: a name is not known yet. */
static int parse_amount(struct reading *r, struct lexer *l, const struct knob *k, struct action *a)
{
        _cleanup_(node_freep) struct node *n = NULL;
        struct token first = l->token;
        struct place place;
        dimensions fits = 1u << k->dimension;
        int e;

        e = expr_parse_number(r, l, &n);
        if (e != 0)
                return e;

        place = token_span(&first, &l->last);
        if (k->dimension == DIMENSION_BYTES)
                fits |= 1u << DIMENSION_NONE;
        if (!(n->dims & fits)) {
                diag_add(r->diag, SEVERITY_ERROR, &place, "this is %s, '%s' is %s", dimensions_name(n->dims), k->name,
                         dimension_name(k->dimension));
                return -EINVAL;
        }
        if (n->kind != NODE_NUMBER) {
                a->amount = expr_make(TAKE(n));
                return 0;
        }

        a->value = value_number(n->number / k->factor);
        if (a->value.number >= k->min && a->value.number <= k->max)
                return 0;
        return refuse_value(r, k, -ERANGE, &place);
}

static int parse_action_value(struct reading *r, struct lexer *l, const struct knob *k,
                              const struct place *operator, struct action * a)
{
        if (a->operation == OPERATION_SET)
                return k->type == TRIMTAB_NUMBER && !is_alone(r, l) ? parse_amount(r, l, k, a)
                                                                 : value_read(r, l, k, &a->value);
        if (k->type == TRIMTAB_NUMBER)
                return operand_read(r, l, k, a);
        diag_add(r->diag, SEVERITY_ERROR, operator, "'%s' is no number: it can only be set with =", k->name);
        return -EINVAL;
}

int action_parse(struct reading *r, const struct ini_line *line, struct action *ret)
{
        _cleanup_(action_clear) struct action a = { 0 };
        const struct knob *k;
        struct place operator;
        struct lexer l;
        int e;

        e = lexer_init(&l, line, 1, r->diag);
        if (e < 0)
                return e;
        e = target_read(r, &l, &k, &a.selector);
        if (e < 0)
                return e;
        operator= l.token.place;
        e = parse_operation(r, &l, &a.operation);
        if (e < 0)
                return e;
        if (!k)
                return 1;

        a.knob = k->number;
        e = parse_action_value(r, &l, k, &operator, & a);
        if (e != 0)
                return e;
        if (l.token.type != TOKEN_END)
                return expected(r, &l, "the end of the line");

        *ret = a;
        a = (struct action){ 0 };
        return 0;
}

int range_read(struct reading *r, struct lexer *l, const struct knob *k, struct bound *b)
{
        struct token first = l->token;
        struct place range;
        int e;

        if (k->type != TRIMTAB_NUMBER) {
                diag_add(r->diag, SEVERITY_ERROR, &first.place, "'%s' is no number: it has no bounds", k->name);
                return -EINVAL;
        }

        e = parse_number(r, l, k, false, &b->range.low);
        if (e < 0)
                return e;
        if (l->token.type != TOKEN_RANGE)
                return expected(r, l, "'..'");
        e = lexer_next(l);
        if (e < 0)
                return e;
        e = parse_number(r, l, k, false, &b->range.high);
        if (e < 0)
                return e;

        range = token_span(&first, &l->last);
        if (b->range.low > b->range.high) {
                diag_add(r->diag, SEVERITY_ERROR, &range, "the lower bound is above the upper one");
                return -EINVAL;
        }
        if (b->range.high < k->min || (isfinite(b->range.low) && b->range.low > k->max))
                return refuse_value(r, k, -ERANGE, &range);
        return 0;
}

int bound_parse(struct reading *r, const struct ini_line *line, struct bound *ret)
{
        _cleanup_(bound_clear) struct bound b = { 0 };
        const struct knob *k;
        struct lexer l;
        int e;

        e = lexer_init(&l, line, 1, r->diag);
        if (e < 0)
                return e;
        e = target_read(r, &l, &k, &b.selector);
        if (e < 0)
                return e;
        if (!k)
                return 1;
        b.knob = k->number;
        e = range_read(r, &l, k, &b);
        if (e < 0)
                return e;
        if (l.token.type != TOKEN_END)
                return expected(r, &l, "the end of the line");

        *ret = b;
        b = (struct bound){ 0 };
        return 0;
}
