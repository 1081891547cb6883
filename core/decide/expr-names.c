/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide/expr-parser.h"
#include "decide/expr-print.h"
#include "decide/expr-types.h"
#include "util/str.h"

/* Samples of an hour of one second each are what the store is made for. */
#define WINDOW_MAX_NS (3600 * 1e9)

static const char *const aggregates[] = {
        [AGGREGATE_SUM] = "sum_of", [AGGREGATE_MAX] = "max_of", [AGGREGATE_MIN] = "min_of",
        [AGGREGATE_AVG] = "avg_of", [AGGREGATE_ANY] = "any_of", [AGGREGATE_ALL] = "all_of",
};

static const char *const kind_names[] = {
        [TRIMTAB_GAUGE] = "a gauge",
        [TRIMTAB_COUNTER] = "a counter",
        [TRIMTAB_HISTOGRAM] = "a histogram",
};

/* A name that will be known when some plugin comes: anything goes with it until then. */
static int unknown_yet(struct parser *p, struct node **ret)
{
        int r;

        r = parser_node(p, NODE_NUMBER, NULL, NULL, ret);
        if (r < 0)
                return r;
        (*ret)->number = NAN;
        (*ret)->dims = DIMENSIONS_ALL;
        p->incomplete = true;
        return 0;
}

/* A selector of several objects: legal inside an aggregate, and there only one of them. */
static int several(struct parser *p, struct node *n, const struct place *place)
{
        struct node *a = p->aggregate;

        if (!selector_is_many(&n->selector))
                return 0;

        if (!a) {
                diag_add(p->reading->diag, SEVERITY_ERROR, place,
                         "'%s' means several objects: write sum_of(…), max_of(…), min_of(…) or avg_of(…) "
                         "around the value, "
                         "or any_of(…) or all_of(…) around the comparison",
                         n->selector.text);
                return -EINVAL;
        }
        if (!a->selector.text) {
                a->scope = n->scope;
                return selector_copy(&n->selector, &a->selector);
        }
        if (!selector_equal(&a->selector, &n->selector) || a->scope != n->scope) {
                diag_add(p->reading->diag, SEVERITY_ERROR, place,
                         "%s(…) goes over '%s' already: one selector of several objects in each",
                         aggregates[a->aggregate], a->selector.text);
                return -EINVAL;
        }
        return 0;
}

/* [@object] behind the metric or knob whose token was the last; scope and series of n are set. */
static int parse_object(struct parser *p, struct node *n, const char *what)
{
        struct token name = p->lexer.last, t = p->lexer.token;
        bool given = t.type == TOKEN_SELECTOR;
        const struct place *place = given ? &t.place : &name.place;
        int r;

        r = name_selector(p->reading, given ? &t : NULL, &n->selector);
        if (r < 0)
                return r;
        if (given) {
                r = parser_next(p);
                if (r < 0)
                        return r;
        }
        r = name_check_scope(p->reading, &n->selector, what, n->scope, place);
        if (r < 0)
                return r;
        if (n->selector.scope == SCOPE_WAITING)
                p->incomplete = true;
        return several(p, n, place);
}

/* [, window] */
static int parse_window(struct parser *p, uint64_t *ret, bool *ret_given)
{
        const struct token *t = &p->lexer.token;
        int r;

        *ret = p->reading->window_ns;
        *ret_given = false;
        if (t->type != TOKEN_COMMA)
                return 0;

        r = parser_next(p);
        if (r < 0)
                return r;
        if (t->type != TOKEN_NUMBER || t->dimension != DIMENSION_TIME)
                return parser_expected(p, "a window, such as 30s");
        if (t->number < 1 || t->number > WINDOW_MAX_NS)
                return parser_expected(p, "a window of at most 1h");
        *ret = (uint64_t) t->number;
        *ret_given = true;
        return parser_next(p);
}

static int check_statistic(struct parser *p, enum statistic s, const struct metric *m,
                           const struct place *place)
{
        char buffer[128];
        struct text fits;

        if (statistic_fits(s, m->kind))
                return 0;

        text_init(&fits, buffer, sizeof(buffer));
        for (enum statistic i = 0; i < STAT_N; i++)
                if (statistic_fits(i, m->kind))
                        text_add(&fits, "%s%s", fits.length > 0 ? " " : "", statistic_name(i));
        diag_add(p->reading->diag, SEVERITY_ERROR, place, "'%s' is %s, which has no '%s': use %s", m->name,
                 m->kind < ELEMENTSOF(kind_names) ? kind_names[m->kind] : "unknown", statistic_name(s),
                 buffer);
        return -EINVAL;
}

/* The metric itself, and the object. */
static int parse_series(struct parser *p, struct node *n, const struct token *function)
{
        struct token t = p->lexer.token, selector;
        const struct metric *m;
        enum dimension dimension;
        int r;

        if (t.type != TOKEN_NAME)
                return parser_expected(p, "a metric");
        r = name_metric(p->reading, &t, &m);
        if (r < 0)
                return r;
        r = parser_next(p);
        if (r < 0)
                return r;

        if (!m) {
                p->incomplete = true;
                n->dims = DIMENSIONS_ALL;
                selector = p->lexer.token;
                if (selector.type != TOKEN_SELECTOR)
                        return 0;
                r = name_selector(p->reading, &selector, &n->selector);
                return r < 0 ? r : parser_next(p);
        }

        r = check_statistic(p, n->statistic, m, &function->place);
        if (r < 0)
                return r;
        n->series = m->number;
        n->scope = m->scope;
        statistic_dimension(n->statistic, m, &dimension, &n->factor);
        n->dims = 1u << dimension;
        return parse_object(p, n, m->name);
}

/* statistic "(" metric [ @object ] [ "," window ] ")", with the parenthesis at hand. */
static int parse_statistic(struct parser *p, enum statistic statistic, const struct token *function,
                           struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        int r;

        r = parser_next(p);
        if (r < 0)
                return r;
        r = parser_node(p, NODE_STATISTIC, NULL, NULL, &n);
        if (r < 0)
                return r;
        n->statistic = statistic;

        r = parse_series(p, n, function);
        if (r < 0)
                return r;
        r = parse_window(p, &n->window_ns, &n->window_given);
        if (r < 0)
                return r;
        r = parser_expect(p, TOKEN_CLOSE,
                          n->window_given    ? "')'"
                          : n->selector.text ? "')' or ','"
                                             : "'@', ',' or ')'");
        if (r < 0)
                return r;

        if (!p->incomplete) {
                *ret = TAKE(n);
                return 0;
        }
        return unknown_yet(p, ret);
}

/* sum_of … all_of "(" … ")", with the parenthesis at hand. */
static int parse_aggregate(struct parser *p, enum aggregate aggregate, const struct token *function,
                           struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        bool condition = aggregate >= AGGREGATE_ANY;
        int r;

        if (p->aggregate) {
                diag_add(p->reading->diag, SEVERITY_ERROR, &function->place,
                         "one of sum_of … all_of inside another");
                return -EINVAL;
        }
        r = parser_node(p, NODE_AGGREGATE, NULL, NULL, &n);
        if (r < 0)
                return r;
        n->aggregate = aggregate;

        p->aggregate = n;
        r = parse_parenthesised(p, &n->right);
        p->aggregate = NULL;
        if (r < 0)
                return r;

        if (node_is_condition(n->right) != condition) {
                struct place place = token_span(function, &p->lexer.last);

                diag_add(p->reading->diag, SEVERITY_ERROR, &place, "%s(…) needs %s", aggregates[aggregate],
                         condition ? "a comparison inside" : "a number inside, not a condition");
                return -EINVAL;
        }
        if (p->incomplete && !condition)
                return unknown_yet(p, ret);
        if (!p->incomplete && !n->selector.text) {
                struct place place = token_span(function, &p->lexer.last);

                diag_add(p->reading->diag, SEVERITY_ERROR, &place,
                         "%s(…) of one object: name several, such as @children", aggregates[aggregate]);
                return -EINVAL;
        }
        n->dims = condition ? 0 : n->right->dims;
        *ret = TAKE(n);
        return 0;
}

static int parse_function(struct parser *p, const struct token *function, struct node **ret)
{
        const char *names[ELEMENTSOF(aggregates) + STAT_N];
        _cleanup_free_ char *word = strndup(function->text, function->length);
        size_t n = 0;
        int statistic;

        if (!word)
                return -ENOMEM;

        statistic = statistic_find(word, function->length);
        if (statistic >= 0)
                return parse_statistic(p, (enum statistic) statistic, function, ret);

        for (; n < ELEMENTSOF(aggregates); n++) {
                if (streq(aggregates[n], word))
                        return parse_aggregate(p, (enum aggregate) n, function, ret);
                names[n] = aggregates[n];
        }
        for (enum statistic i = 0; i < STAT_N; i++)
                names[n++] = statistic_name(i);
        return refuse_unknown(p->reading->diag, &function->place, "function", word, names, n);
}

static int parse_knob(struct parser *p, const struct token *name, struct node **ret)
{
        _cleanup_(node_freep) struct node *n = NULL;
        const struct metric *m;
        const struct knob *k;
        int r;

        m = catalogue_metric(p->reading->catalogue, name->text, name->length);
        if (m && m->plugin) {
                diag_add(p->reading->diag, SEVERITY_ERROR, &name->place,
                         "'%s' is a metric: say which statistic of it, such as %s(%s)", m->name,
                         m->kind == TRIMTAB_HISTOGRAM ? "p99"
                         : m->kind == TRIMTAB_COUNTER ? "rate"
                                                      : "avg",
                         m->name);
                return -EINVAL;
        }

        r = name_knob(p->reading, name, &k);
        if (r < 0)
                return r;
        if (!k) {
                r = p->lexer.token.type == TOKEN_SELECTOR ? parser_next(p) : 0;
                return r < 0 ? r : unknown_yet(p, ret);
        }
        if (k->type != TRIMTAB_NUMBER) {
                diag_add(p->reading->diag, SEVERITY_ERROR, &name->place, "'%s' is no number", k->name);
                return -EINVAL;
        }

        r = parser_node(p, NODE_KNOB, NULL, NULL, &n);
        if (r < 0)
                return r;
        n->series = k->number;
        n->scope = k->scope;
        n->factor = k->factor;
        n->dims = 1u << k->dimension;
        r = parse_object(p, n, k->name);
        if (r < 0)
                return r;
        *ret = TAKE(n);
        return 0;
}

int parse_name(struct parser *p, struct node **ret)
{
        struct token name = p->lexer.token;
        int r;

        if (token_is(&name, "and") || token_is(&name, "or") || token_is(&name, "not"))
                return parser_expected(p, "a number, a function or a knob");

        r = parser_next(p);
        if (r < 0)
                return r;
        if (p->lexer.token.type == TOKEN_OPEN)
                return parse_function(p, &name, ret);
        if (!token_is(&name, "max"))
                return parse_knob(p, &name, ret);

        r = parser_node(p, NODE_NUMBER, NULL, NULL, ret);
        if (r < 0)
                return r;
        (*ret)->number = INFINITY;
        (*ret)->dims = DIMENSIONS_ALL;
        return 0;
}
