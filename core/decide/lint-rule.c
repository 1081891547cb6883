/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>

#include "config/protect.h"
#include "decide/glob.h"
#include "decide/lint-room.h"
#include "decide/lint-text.h"
#include "decide/value.h"
#include "util/ownership.h"

/* A rule by itself: whether it can ever fire, on anything, and change something. */

/* What a term can be, by the share and kind of its metrics: "from 0% to 100%". */
static void add_reach(struct text *t, const struct fact *f, const struct catalogue *catalogue)
{
        struct interval i = interval_of_node(f->term, catalogue);

        if (isinf(i.low)) {
                text_add(t, "at most ");
                text_add_quantity(t, i.high, f->constant->dims);
        } else if (isinf(i.high)) {
                text_add(t, "at least ");
                text_add_quantity(t, i.low, f->constant->dims);
        } else {
                text_add(t, "from ");
                text_add_quantity(t, i.low, f->constant->dims);
                text_add(t, " to ");
                text_add_quantity(t, i.high, f->constant->dims);
        }
}

static void add_reason(struct text *t, const struct solution *why, const struct catalogue *catalogue)
{
        const struct fact *f = why->facts;

        if (why->n_facts == 0) {
                text_add(t,
                         "none of the ways in which 'when' could be true is possible: correct its numbers");
                return;
        }

        text_add(t, "'");
        text_add_fact(t, &f[0], catalogue);
        if (why->n_facts > 1) {
                text_add(t, "' and '");
                text_add_fact(t, &f[1], catalogue);
                text_add(t, "' are never true together: correct one of them, or join them with 'or'");
        } else if (f[0].term->kind == NODE_NUMBER) {
                text_add(t, "' is never true: compare something that is measured");
        } else {
                text_add(t, "' is never true: compare with what there can be, ");
                add_reach(t, &f[0], catalogue);
        }
}

static void lint_when(const struct lint *l, const struct rule *r)
{
        const struct node *when = r->when.root;
        struct place place = lint_place(l, r, "when");
        struct solution why;
        char buffer[768];
        struct text t;

        if (solve(&when, 1, SOLVE_EXACT, l->catalogue, &why) != VERDICT_IMPOSSIBLE)
                return;

        text_init(&t, buffer, sizeof(buffer));
        add_reason(&t, &why, l->catalogue);
        diag_add(l->diag, SEVERITY_WARNING, &place, "rule '%s' can never fire: %s", r->name, buffer);
}

static bool is_left_out(const struct matcher *m, const char *glob)
{
        for (size_t i = 0; i < m->n; i++)
                if (m->patterns[i].exclude && glob_covers(m->patterns[i].glob, glob))
                        return true;
        return false;
}

static bool is_for_something(const struct rule *r)
{
        for (size_t i = 0; i < r->match.n; i++)
                if (!r->match.patterns[i].exclude && !is_left_out(&r->match, r->match.patterns[i].glob))
                        return true;
        return false;
}

static void warn_for_nothing(const struct lint *l, const struct rule *r)
{
        struct place place = lint_place(l, r, "for");

        diag_add(l->diag, SEVERITY_WARNING, &place,
                 "rule '%s' can never fire: '!' leaves out again all that it is for, narrow that", r->name);
}

static bool is_protected(const char *glob)
{
        for (const char *const *p = protect_builtin(); *p; p++)
                if (glob_covers_tree(*p, glob))
                        return true;
        return false;
}

/* Whether nothing of what the rule is for may be touched, nor what is below. */
static bool all_are_protected(const struct rule *r)
{
        for (size_t i = 0; i < r->match.n; i++) {
                const struct pattern *p = &r->match.patterns[i];

                if (!p->exclude && !is_left_out(&r->match, p->glob) && !is_protected(p->glob))
                        return false;
        }
        return r->match.scope == SCOPE_CGROUP;
}

static bool target_is_protected(const struct rule *r, const struct action *a)
{
        switch (a->selector.kind) {
        case SELECT_SELF:
        case SELECT_CHILDREN:
                return all_are_protected(r);
        case SELECT_NAMED:
        case SELECT_GLOB:
                return a->selector.scope == SCOPE_CGROUP && is_protected(a->selector.pattern);
        case SELECT_PARENT:
        case SELECT_SIBLINGS:
        case SELECT_HOST:
                break;
        }
        return false;
}

static void lint_targets(const struct lint *l, const struct rule *r)
{
        struct place place = lint_place(l, r, "then");

        for (size_t i = 0; i < r->n_actions; i++)
                if (!target_is_protected(r, &r->actions[i]))
                        return;
        diag_add(l->diag, SEVERITY_WARNING, &place,
                 "rule '%s' can never act: all that it would change is protected, name other objects",
                 r->name);
}

/* A step from anywhere to the same place. */
static int lint_step(const struct lint *l, const struct rule *r, size_t i)
{
        const struct action *a = &r->actions[i];
        const struct knob *k = catalogue_knob_at(l->catalogue, a->knob);
        bool scales = a->operation == OPERATION_MULTIPLY || a->operation == OPERATION_DIVIDE;
        struct trimtab_value only = value_number(a->range.low);
        struct place place = lint_action_place(l, r, i);
        _cleanup_free_ char *value = NULL;

        if (!action_is_relative(a))
                return 0;
        if (scales && a->operand == 1) {
                diag_add(l->diag, SEVERITY_WARNING, &place,
                         "this step changes nothing: give another factor than 1");
                return 0;
        }
        if (a->range.low != a->range.high)
                return 0;

        value = value_format(k, &only);
        if (!value)
                return -ENOMEM;
        diag_add(l->diag, SEVERITY_WARNING, &place,
                 "the bounds leave only %s for '%s': write '%s = %s', or widen 'within'", value, k->name,
                 k->name, value);
        return 0;
}

int lint_rule(const struct lint *l, const struct rule *r)
{
        lint_when(l, r);
        if (is_for_something(r))
                lint_targets(l, r);
        else
                warn_for_nothing(l, r);
        for (size_t i = 0; i < r->n_actions; i++) {
                int e = lint_step(l, r, i);

                if (e < 0)
                        return e;
        }
        return 0;
}
