/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/lever-parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide/value.h"
#include "util/ownership.h"

/*
 * Big enough to be seen through noise, small enough not to overshoot by much; see the table of `make bench
 * BENCH=goals`.
 */
#define WEIGHT_STEP 1.5
#define OWN_LIMIT_STEP 1.25
#define OTHERS_LIMIT_STEP 0.8
#define TAKE_STEP 0.95
/* Of the range, for what is neither weight nor limit. */
#define RANGE_STEP (1.0 / 8)

static bool is_own(const struct selector *s)
{
        switch (s->kind) {
        case SELECT_SELF:
        case SELECT_PARENT:
        case SELECT_HOST:
        case SELECT_CHILDREN:
                return true;
        case SELECT_NAMED:
        case SELECT_SIBLINGS:
        case SELECT_GLOB:
                break;
        }
        return false;
}

/* False: there is none. */
static bool default_step(const struct knob *k, const struct bound *b, bool takes, struct action *a)
{
        bool own = is_own(&a->selector);

        a->operation = OPERATION_MULTIPLY;
        if (takes)
                a->operand = TAKE_STEP;
        else if (k->flags & TRIMTAB_KNOB_WEIGHT)
                a->operand = own ? WEIGHT_STEP : 1 / WEIGHT_STEP;
        else if (k->flags & TRIMTAB_KNOB_MAX)
                a->operand = own ? OWN_LIMIT_STEP : OTHERS_LIMIT_STEP;
        else {
                a->operation = own ? OPERATION_ADD : OPERATION_SUBTRACT;
                a->operand = (b->range.high - b->range.low) * RANGE_STEP;
        }
        return isfinite(a->operand) && a->operand > 0;
}

static int expected(struct reading *r, const struct lexer *l, const char *what)
{
        diag_add(r->diag, SEVERITY_ERROR, &l->token.place, "expected %s, found %s", what,
                 token_text(&l->token).text);
        return -EINVAL;
}

static int parse_step(struct reading *r, struct lexer *l, const struct knob *k, struct action *a)
{
        static const enum operation operations[] = {
                [TOKEN_PLUS] = OPERATION_ADD,
                [TOKEN_MINUS] = OPERATION_SUBTRACT,
                [TOKEN_TIMES] = OPERATION_MULTIPLY,
                [TOKEN_OVER] = OPERATION_DIVIDE,
        };
        struct place place;
        int e;

        e = lexer_next(l);
        if (e < 0)
                return e;
        place = l->token.place;
        if (l->token.type < TOKEN_PLUS || l->token.type > TOKEN_OVER)
                return expected(r, l, "*, /, + or - and a number, such as step *1.5");
        a->operation = operations[l->token.type];
        e = lexer_next(l);
        if (e >= 0)
                e = operand_read(r, l, k, a);
        if (e < 0)
                return e;

        if (a->operand == 1 && (a->operation == OPERATION_MULTIPLY || a->operation == OPERATION_DIVIDE)) {
                diag_add(r->diag, SEVERITY_ERROR, &place, "a step of *1 moves nothing");
                return -EINVAL;
        }
        return 0;
}

/* `irq.affinity calmest`: to be set to that, each time anew. */
static int parse_word(struct reading *r, struct lexer *l, const struct knob *k, bool takes, struct action *ret)
{
        struct token first = l->token;
        int e;

        if (takes) {
                diag_add(r->diag, SEVERITY_ERROR, &first.place, "'%s' is no number: a goal can only move it, by 'by'",
                         k->name);
                return -EINVAL;
        }
        e = value_read(r, l, k, &ret->value);
        if (e < 0)
                return e;
        if (!value_is_word(k, &ret->value)) {
                diag_add(r->diag, SEVERITY_ERROR, &first.place, "expected a word that says where to, such as '%s'",
                         k->choices[0]);
                return -EINVAL;
        }
        ret->operation = OPERATION_SET;
        return 0;
}

/* What stands behind the knob: its bounds and step. */
static int parse_way(struct reading *r, struct lexer *l, const struct knob *k, bool takes, struct bound *b,
                     struct action *a)
{
        int e = range_read(r, l, k, b);

        if (e < 0)
                return e;
        if (token_is(&l->token, "step")) {
                e = parse_step(r, l, k, a);
                if (e < 0)
                        return e;
        } else if (l->token.type == TOKEN_END && !default_step(k, b, takes, a)) {
                return expected(r, l, "a step for a knob that is neither weight nor limit, such as step +1");
        }
        return l->token.type == TOKEN_END ? 0 : expected(r, l, "'step' or the end of the line");
}

static bool has_words(const struct knob *k)
{
        return k->choices && k->type != TRIMTAB_NUMBER && k->type != TRIMTAB_CHOICE;
}

int lever_parse(struct reading *r, const struct ini_line *line, bool takes, struct action *ret)
{
        _cleanup_(action_clear) struct action a = { 0 };
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
        a.knob = b.knob = k->number;
        e = selector_copy(&b.selector, &a.selector);
        if (e < 0)
                return e;

        e = has_words(k) ? parse_word(r, &l, k, takes, &a) : parse_way(r, &l, k, takes, &b, &a);
        if (e < 0)
                return e;
        e = action_bind(r, line, &b, has_words(k) ? 0 : 1, &a);
        if (e < 0)
                return e;
        *ret = a;
        a = (struct action){ 0 };
        return 0;
}
