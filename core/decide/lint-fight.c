/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "config/protect.h"
#include "decide/glob.h"
#include "decide/lint-room.h"
#include "decide/solve.h"
#include "decide/target.h"
#include "decide/value.h"
#include "util/ownership.h"
#include "util/str.h"

/* Two rules that want the same knob of the same object to be different, with nothing but the order of the
 * files to say who gets it. */

enum push { PUSH_NOWHERE, PUSH_UP, PUSH_DOWN, PUSH_TO };

static enum push push_of(const struct action *a)
{
        if (action_is_computed(a))
                return PUSH_NOWHERE; /* who knows */
        switch (a->operation) {
        case OPERATION_SET:
                return PUSH_TO;
        case OPERATION_ADD:
                return PUSH_UP;
        case OPERATION_SUBTRACT:
                return PUSH_DOWN;
        case OPERATION_MULTIPLY:
                return a->operand > 1 ? PUSH_UP : a->operand < 1 ? PUSH_DOWN : PUSH_NOWHERE;
        case OPERATION_DIVIDE:
                return a->operand > 1 ? PUSH_DOWN : a->operand < 1 ? PUSH_UP : PUSH_NOWHERE;
        }
        return PUSH_NOWHERE;
}

/* Whether a step moves away from the value, from wherever it starts: one towards it is no fight. */
static bool moves_past(const struct action *step, double value)
{
        return push_of(step) == PUSH_UP ? value < step->range.high : value > step->range.low;
}

static bool differ(const struct action *a, const struct action *b)
{
        enum push x = push_of(a), y = push_of(b);

        if (x == PUSH_NOWHERE || y == PUSH_NOWHERE)
                return false;
        if (x == PUSH_TO && y == PUSH_TO)
                return !value_equal(&a->value, &b->value);
        if (x == PUSH_TO)
                return moves_past(b, a->value.number);
        return y == PUSH_TO ? moves_past(a, b->value.number) : x != y;
}

/* A guard that is not true keeps its rule from acting. */
static bool can_both_fire(const struct lint *l, const struct rule *a, const struct rule *b)
{
        const struct node *const all[] = { a->when.root, a->guard.root, b->when.root, b->guard.root };
        const struct node *given[ELEMENTSOF(all)];
        struct solution solution;
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i])
                        given[n++] = all[i];
        return solve(given, n, SOLVE_EXACT, l->catalogue, &solution) == VERDICT_POSSIBLE;
}

static bool is_protected(const struct target *t, const char *name)
{
        if (t->scope != SCOPE_CGROUP)
                return false;
        for (const char *const *p = protect_builtin(); *p; p++)
                if (glob_covers_tree(*p, name))
                        return true;
        return false;
}

/* "raises it", "sets it to 200": what an action does, "it" being the knob. New string or NULL. */
static char *deed_of(const struct lint *l, const struct action *a, const char *it)
{
        _cleanup_free_ char *value = NULL;

        switch (push_of(a)) {
        case PUSH_UP:
                return str_printf("raises %s", it);
        case PUSH_DOWN:
                return str_printf("lowers %s", it);
        case PUSH_TO:
                value = value_format(catalogue_knob_at(l->catalogue, a->knob), &a->value);
                return value ? str_printf("sets %s to %s", it, value) : NULL;
        case PUSH_NOWHERE:
                break;
        }
        return NULL;
}

/* object: for the message, what both are about. */
static int warn(const struct lint *l, const struct target *winner, const struct target *loser,
                const char *object)
{
        size_t i = (size_t) (loser->action - loser->rule->actions);
        size_t k = (size_t) (winner->action - winner->rule->actions);
        struct place here = lint_action_place(l, loser->rule, i);
        struct place there = lint_action_place(l, winner->rule, k);
        const char *knob = catalogue_knob_at(l->catalogue, winner->action->knob)->name;
        _cleanup_free_ char *it = str_printf("'%s' of %s", knob, object), *deed = NULL, *other = NULL;

        if (it)
                deed = deed_of(l, loser->action, it);
        if (deed)
                other = deed_of(l, winner->action, "it");
        if (!other)
                return -ENOMEM;

        diag_add(l->diag, SEVERITY_WARNING, &here,
                 "rule '%s' %s while rule '%s' (%s:%u:%u) %s at the same priority: that one wins, being "
                 "later; give one of them another 'priority'",
                 loser->rule->name, deed, winner->rule->name, there.path, there.line, there.column, other);
        return 0;
}

/* 1: they fight over this knob, and that was said. */
static int lint_actions(const struct lint *l, const struct target *winner, const struct target *loser)
{
        _cleanup_free_ char *name = NULL, *object = NULL;
        bool made_up = false;
        int r;

        if (!differ(winner->action, loser->action) || !can_both_fire(l, winner->rule, loser->rule))
                return 0;
        r = target_common(winner, loser, &name, &made_up);
        if (r < 0 || !name || is_protected(winner, name))
                return r;
        object = str_printf("%s%s%s%s", made_up ? "objects such as " : "",
                            objects_scope_name(l->objects, winner->scope), name[0] != '\0' ? ":" : "", name);
        if (!object)
                return -ENOMEM;
        r = warn(l, winner, loser, object);
        return r < 0 ? r : 1;
}

/* Said once for a knob, whatever number of actions they have on it. */
static int lint_knob(const struct lint *l, const struct rule *winner, const struct rule *loser, uint32_t knob)
{
        const struct knob *k = catalogue_knob_at(l->catalogue, knob);
        int r = 0;

        /* Each write of those is a deed of its own. */
        if (k->flags & TRIMTAB_KNOB_ACTION)
                return 0;
        for (size_t i = 0; i < winner->n_actions; i++)
                for (size_t j = 0; r == 0 && j < loser->n_actions; j++) {
                        const struct target a = { winner, &winner->actions[i], k->scope };
                        const struct target b = { loser, &loser->actions[j], k->scope };

                        if (a.action->knob == knob && b.action->knob == knob)
                                r = lint_actions(l, &a, &b);
                }
        return r < 0 ? r : 0;
}

static bool is_first_on_its_knob(const struct rule *r, size_t i)
{
        for (size_t k = 0; k < i; k++)
                if (r->actions[k].knob == r->actions[i].knob)
                        return false;
        return true;
}

int lint_fight(const struct lint *l, const struct rule *winner, const struct rule *loser)
{
        /* What is only advised, and what is done, are kept apart. */
        if (winner->priority != loser->priority || winner->mode != loser->mode || winner->mode == MODE_OFF)
                return 0;

        for (size_t i = 0; i < loser->n_actions; i++) {
                int r;

                if (!is_first_on_its_knob(loser, i))
                        continue;
                r = lint_knob(l, winner, loser, loser->actions[i].knob);
                if (r < 0)
                        return r;
        }
        return 0;
}
