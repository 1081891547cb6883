/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/solve.h"

#include <math.h>
#include <string.h>

/* Conditions of many alternatives are given up: people's own have a handful of cases. */
#define STEPS_MAX 4096

/* What is still to be true, the next one first. It lives on the stack: each case has its own. */
struct pending {
        const struct node *node;
        bool negated;
        size_t condition;
        const struct pending *next;
};

struct search {
        const struct catalogue *catalogue;
        enum solve_mode mode;
        unsigned steps;
        size_t n_opaque; /* facts of this case that nothing is known about */
        struct fact facts[FACTS_MAX];
        size_t n_facts;

        struct solution *found; /* a case in which all is true */
        struct fact refuted[2]; /* why the first case failed */
        size_t n_refuted, n_refutations;
};

static const enum node_kind negations[] = {
        [NODE_LESS] = NODE_GREATER_EQUAL, [NODE_LESS_EQUAL] = NODE_GREATER, [NODE_GREATER] = NODE_LESS_EQUAL,
        [NODE_GREATER_EQUAL] = NODE_LESS, [NODE_EQUAL] = NODE_NOT_EQUAL,    [NODE_NOT_EQUAL] = NODE_EQUAL,
};

/* With the two sides exchanged. */
static const enum node_kind mirrors[] = {
        [NODE_LESS] = NODE_GREATER, [NODE_LESS_EQUAL] = NODE_GREATER_EQUAL,
        [NODE_GREATER] = NODE_LESS, [NODE_GREATER_EQUAL] = NODE_LESS_EQUAL,
        [NODE_EQUAL] = NODE_EQUAL,  [NODE_NOT_EQUAL] = NODE_NOT_EQUAL,
};

static enum verdict search(struct search *s, const struct pending *p);

static bool has_gap_beside(const struct fact *f)
{
        double size = fabs(f->constant->number);

        return size > 0 && !(f->term->dims & 1u << DIMENSION_NONE && size <= 1);
}

struct interval fact_interval(const struct fact *f, enum solve_mode mode)
{
        struct interval i = interval_of_comparison(f->kind, f->constant->number);

        if (mode == SOLVE_TOUCHING && has_gap_beside(f))
                i.low_open = i.high_open = false;
        return i;
}

/* What the facts of this case and its nature leave to a term. */
static struct interval interval_of_term(const struct search *s, const struct fact *f)
{
        struct interval i = interval_of_node(f->term, s->catalogue);

        for (size_t k = 0; k < s->n_facts; k++)
                if (term_is_same(s->facts[k].term, f->term))
                        i = interval_both(i, fact_interval(&s->facts[k], s->mode));
        return i;
}

static enum verdict refute(struct search *s, const struct fact *a, const struct fact *b)
{
        if (s->n_refutations++ > 0)
                return VERDICT_IMPOSSIBLE;
        if (a)
                s->refuted[s->n_refuted++] = *a;
        if (b)
                s->refuted[s->n_refuted++] = *b;
        return VERDICT_IMPOSSIBLE;
}

/* The earlier fact that the new one cannot stand beside, for the message. */
static enum verdict refute_beside(struct search *s, const struct fact *f)
{
        struct interval own = fact_interval(f, s->mode);

        for (size_t i = 0; i < s->n_facts; i++)
                if (term_is_same(s->facts[i].term, f->term) &&
                    interval_is_empty(interval_both(fact_interval(&s->facts[i], s->mode), own)))
                        return refute(s, &s->facts[i], f);
        return refute(s, NULL, NULL);
}

static enum verdict search_opaque(struct search *s, const struct pending *next)
{
        enum verdict v;

        s->n_opaque++;
        v = search(s, next);
        s->n_opaque--;
        return v;
}

static enum verdict search_fact(struct search *s, const struct fact *f, const struct pending *next)
{
        struct interval own = fact_interval(f, s->mode);
        enum verdict v;

        if (interval_is_empty(interval_both(own, interval_of_node(f->term, s->catalogue))))
                return refute(s, f, NULL);
        if (interval_is_empty(interval_both(own, interval_of_term(s, f))))
                return refute_beside(s, f);
        if (s->n_facts == FACTS_MAX)
                return search_opaque(s, next);

        s->facts[s->n_facts++] = *f;
        v = search(s, next);
        s->n_facts--;
        return v;
}

static enum verdict search_comparison(struct search *s, const struct pending *p)
{
        const struct node *n = p->node;
        enum node_kind kind = p->negated ? negations[n->kind] : n->kind;
        bool left = n->left->kind == NODE_NUMBER, right = n->right->kind == NODE_NUMBER;
        struct fact f = { .term = n->left, .constant = n->right, .kind = kind, .condition = p->condition };

        if (left && right)
                return expr_compare(kind, n->left->number, n->right->number) == TRUTH_TRUE
                               ? search(s, p->next)
                               : refute(s, &f, NULL);
        if (!left && !right)
                return search_opaque(s, p->next);
        if (left)
                f = (struct fact){ n->right, n->left, mirrors[kind], p->condition };
        return search_fact(s, &f, p->next);
}

/* Of any_of and all_of all that counts here is whether one object can fulfil what is inside. */
static enum verdict search_inside(struct search *s, const struct pending *p)
{
        const struct pending alone = { p->node->right, p->negated, p->condition, NULL };
        struct search inside = *s;

        inside.n_facts = inside.n_opaque = 0;
        if (search(&inside, &alone) != VERDICT_IMPOSSIBLE) {
                s->steps = inside.steps;
                return search_opaque(s, p->next);
        }

        s->n_refutations = inside.n_refutations;
        s->n_refuted = inside.n_refuted;
        memcpy(s->refuted, inside.refuted, sizeof(s->refuted));
        return VERDICT_IMPOSSIBLE;
}

static enum verdict search_either(struct search *s, const struct pending *a, const struct pending *b)
{
        enum verdict v = search(s, a), w;

        if (v == VERDICT_POSSIBLE)
                return v;
        w = search(s, b);
        return w == VERDICT_IMPOSSIBLE ? v : w;
}

/* A point that is left over by <= and >= may still be taken away by !=. */
static bool is_excluded(const struct search *s, const struct fact *f)
{
        double point;

        return f->kind == NODE_NOT_EQUAL && interval_is_point(interval_of_term(s, f), &point) &&
               expr_compare(NODE_EQUAL, point, f->constant->number) == TRUTH_TRUE;
}

static bool is_below(const struct fact *f)
{
        return f->kind == NODE_LESS || f->kind == NODE_LESS_EQUAL;
}

static bool is_above(const struct fact *f)
{
        return f->kind == NODE_GREATER || f->kind == NODE_GREATER_EQUAL;
}

/* Whether the two can be so at once, when each can be. */
static bool go_together(const struct search *s, const struct fact *a, const struct fact *b)
{
        if (term_is_same(a->term, b->term))
                return true;

        switch (term_tie(a->term, b->term, s->catalogue)) {
        case TIE_NONE:
                return true;
        case TIE_TOGETHER:
                return (is_below(a) && is_below(b)) || (is_above(a) && is_above(b));
        case TIE_UNKNOWN:
                return false;
        }
        return false;
}

/* Every condition is down to facts, and no two of one term are against each other. */
static enum verdict conclude(struct search *s)
{
        for (size_t i = 0; i < s->n_facts; i++)
                if (is_excluded(s, &s->facts[i]))
                        return refute(s, NULL, NULL);

        if (s->n_opaque > 0)
                return VERDICT_UNDECIDED;
        for (size_t i = 0; i < s->n_facts; i++) {
                const struct fact *f = &s->facts[i];

                /* Plain numbers are often counts: nothing lies between 5 and 6. */
                if (f->term->dims & 1u << DIMENSION_NONE &&
                    !interval_has_whole_number(interval_of_term(s, f)))
                        return VERDICT_UNDECIDED;
                for (size_t k = 0; k < i; k++)
                        if (!go_together(s, &s->facts[k], f))
                                return VERDICT_UNDECIDED;
        }

        memcpy(s->found->facts, s->facts, s->n_facts * sizeof(s->facts[0]));
        s->found->n_facts = s->n_facts;
        return VERDICT_POSSIBLE;
}

static enum verdict search(struct search *s, const struct pending *p)
{
        const struct node *n;
        struct pending left, right;

        if (++s->steps > STEPS_MAX)
                return VERDICT_UNDECIDED;
        if (!p)
                return conclude(s);

        n = p->node;
        if (node_is_comparison(n))
                return search_comparison(s, p);
        if (n->kind == NODE_AGGREGATE)
                return search_inside(s, p);

        right = (struct pending){ n->right, p->negated != (n->kind == NODE_NOT), p->condition, p->next };
        if (n->kind == NODE_NOT)
                return search(s, &right);
        left = (struct pending){ n->left, p->negated, p->condition, p->next };
        if ((n->kind == NODE_AND) == p->negated)
                return search_either(s, &left, &right);
        left.next = &right;
        return search(s, &left);
}

enum verdict solve(const struct node *const *conditions, size_t n, enum solve_mode mode,
                   const struct catalogue *catalogue, struct solution *ret)
{
        struct search s = { .catalogue = catalogue, .mode = mode, .found = ret };
        struct pending all[CONDITIONS_MAX];
        enum verdict v;

        for (size_t i = 0; i < n; i++)
                all[i] = (struct pending){ conditions[i], false, i, i + 1 < n ? &all[i + 1] : NULL };

        *ret = (struct solution){ 0 };
        v = search(&s, all);
        if (v == VERDICT_IMPOSSIBLE && s.n_refutations == 1) {
                memcpy(ret->facts, s.refuted, sizeof(s.refuted));
                ret->n_facts = s.n_refuted;
        }
        return v;
}
