/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "decide/expr-print.h"
#include "decide/lint-room.h"
#include "decide/lint-text.h"

/* `until` against `when`: what is true of both lets a rule go and brings it back in turns. */

enum { WHEN, UNTIL, N_CONDITIONS };

static bool is_measurement(const struct node *n)
{
        return n->kind == NODE_STATISTIC || n->kind == NODE_KNOB;
}

static int find_same(void *userdata, const struct node *n)
{
        return is_measurement(n) && term_is_same(n, userdata);
}

static int find_in(void *userdata, const struct node *n)
{
        return is_measurement(n) && node_foreach(userdata, find_same, (void *) n);
}

/* A rule that lets go by another measurement than it begins by has its reasons. */
static bool share_a_measurement(const struct node *when, const struct node *until)
{
        return node_foreach(until, find_in, (void *) when);
}

static void warn_overlap(const struct lint *l, const struct rule *r, const struct solution *solution)
{
        struct place place = lint_place(l, r, "until");
        char buffer[512];
        struct text t;

        text_init(&t, buffer, sizeof(buffer));
        for (size_t i = 0; i < solution->n_facts; i++) {
                text_add(&t, "%s", i > 0 ? " and " : "");
                text_add_fact(&t, &solution->facts[i], l->catalogue);
        }
        diag_add(l->diag, SEVERITY_WARNING, &place,
                 "'until' overlaps 'when', both are true with %s: the rule would let go and begin again in "
                 "turns, leave a gap between the two",
                 buffer);
}

/* The fact of `until` that begins right where one of `when` ends. */
static const struct fact *find_touching(const struct solution *solution)
{
        for (size_t i = 0; i < solution->n_facts; i++)
                for (size_t k = 0; k < solution->n_facts; k++) {
                        const struct fact *a = &solution->facts[i], *b = &solution->facts[k];

                        if (a->condition == WHEN && b->condition == UNTIL && b->kind <= NODE_GREATER_EQUAL &&
                            term_is_same(a->term, b->term) &&
                            interval_is_empty(interval_both(fact_interval(a, SOLVE_EXACT),
                                                            fact_interval(b, SOLVE_EXACT))))
                                return b;
                }
        return NULL;
}

static void warn_no_gap(const struct lint *l, const struct rule *r, const struct fact *f)
{
        struct place place = lint_place(l, r, "until");
        bool below = f->kind == NODE_LESS || f->kind == NODE_LESS_EQUAL;
        double at = f->constant->number;
        char border[64], better[512];
        struct text t;

        text_init(&t, border, sizeof(border));
        text_add_quantity(&t, at, f->constant->dims);
        text_init(&t, better, sizeof(better));
        text_add_node(&t, f->term, l->catalogue);
        text_add(&t, below ? " < " : " > ");
        text_add_quantity(&t, at + (below ? -0.25 : 0.25) * fabs(at), f->constant->dims);
        diag_add(l->diag, SEVERITY_WARNING, &place,
                 "'until' begins where 'when' ends, at %s: leave a gap, such as '%s'", border, better);
}

void lint_until(const struct lint *l, const struct rule *r)
{
        const struct node *const conditions[N_CONDITIONS] = {
                [WHEN] = r->when.root, [UNTIL] = r->until.root
        };
        const struct ini_entry *e = ini_get(&l->ini->sections[r->section_index], "until");
        struct solution solution;
        const struct fact *touching;

        /* The one that follows from `when` has the gap that there can be. */
        if (!e || e->n_lines == 0 || !share_a_measurement(r->when.root, r->until.root))
                return;

        if (solve(conditions, N_CONDITIONS, SOLVE_EXACT, l->catalogue, &solution) == VERDICT_POSSIBLE) {
                warn_overlap(l, r, &solution);
                return;
        }
        if (solve(conditions, N_CONDITIONS, SOLVE_TOUCHING, l->catalogue, &solution) != VERDICT_POSSIBLE)
                return;
        touching = find_touching(&solution);
        if (touching)
                warn_no_gap(l, r, touching);
}
