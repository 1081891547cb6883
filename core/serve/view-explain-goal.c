/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "decide/explain-goal.h"
#include "decide/expr-print.h"
#include "serve/view-explain.h"
#include "util/clock.h"

/* What a goal adds to the row of a rule. */

static double seconds(uint64_t ns)
{
        return (double) ns / (double) NSEC_PER_SEC;
}

static void add_levers(struct explaining *x, const struct explained_rule *r, const struct explained_goal *g)
{
        for (size_t i = 0; i < g->goal->n_levers; i++) {
                struct explained_lever l = explain_lever(r, i, x->views->now_ns);

                rows_begin(&x->inner);
                rows_string(&x->inner, "lever", l.lever->text);
                rows_bool(&x->inner, "takes", l.lever->takes);
                rows_bool(&x->inner, "held", l.held);
                rows_bool(&x->inner, "at_hand", g->has_lever && g->lever == i);
                if (l.useless_ns > 0)
                        rows_number(&x->inner, "useless_s", seconds(l.useless_ns));
        }
        rows_rows(x->rules, "levers", &x->inner);
}

static void add_measure(struct explaining *x, const struct explained_goal *g, const char *text_field,
                        const char *base_field, double value)
{
        view_add_quantity(x->rules, text_field, base_field, value, g->goal->measure->dims);
}

void view_explain_goal(struct explaining *x, const struct explained_rule *r)
{
        struct explained_goal g;

        if (!explain_goal(r, x->views->now_ns, &g))
                return;

        rows_string(x->rules, "goal_phase", controller_phase_name(g.phase));
        add_measure(x, &g, "value", "value_base", g.value);
        add_measure(x, &g, "bound", "bound_base", g.goal->bound);
        add_measure(x, &g, "margin", "margin_base", g.margin);
        if (g.judges) {
                add_measure(x, &g, "before", "before_base", g.before);
                add_measure(x, &g, "needed", "needed_base", g.needed);
        }
        if (g.wait_ns > 0)
                rows_number(x->rules, "wait_s", seconds(g.wait_ns));
        if (g.will_ease)
                rows_number(x->rules, "ease_s", seconds(g.ease_ns));
        rows_bool(x->rules, "burnt", g.burnt);
        rows_number(x->rules, "settle_s", seconds(g.goal->settle_ns));
        rows_number(x->rules, "ease_after_s", seconds(g.goal->ease_after_ns));
        add_levers(x, r, &g);
}
