/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide/instance.h"
#include "decide/reason.h"
#include "decide/slot.h"
#include "decide/step.h"
#include "decide/value.h"
#include "util/ownership.h"

/* One action of an instance, on each of the objects that it names. */
struct doing {
        struct instance *instance;
        const struct view *view;
        struct arbiter *arbiter;
        const struct action *action;
        size_t index; /* of it in the rule */
        const struct knob *knob;
        const struct reason *reason;
        int changed;
        bool later; /* something could not be moved now, and may be soon */
};

/* What is in use of what a limit limits, in the knob's unit; NAN: not known. */
static double measured_use(const struct doing *d, const struct object *object)
{
        const char *name = d->knob->use_metric;
        const struct metric *m = name ? catalogue_metric(d->view->catalogue, name, strlen(name)) : NULL;
        enum dimension dimension;
        enum statistic statistic;
        double factor, value;

        if (!m || m->scope != object->id.scope)
                return NAN;
        statistic = m->kind == TRIMTAB_COUNTER ? STAT_RATE : STAT_AVG;
        statistic_dimension(statistic, m, &dimension, &factor);
        if (dimension != d->knob->dimension ||
            store_stat(d->view->store, m->number, object->id.key, statistic,
                       d->instance->holder.rule->window_ns, d->view->now_ns, &value) < 0)
                return NAN;
        return value * factor / d->knob->factor;
}

static int blocked(struct doing *d, const char *obstacle)
{
        d->instance->obstacle = obstacle;
        return -EAGAIN;
}

/*
 * From where a step goes: what the owner last set, else what is there now. *ret_use: see struct claim.
 * -EAGAIN: not now.
 */
static int base_of(struct doing *d, const struct object *object, double *ret, double *ret_use)
{
        const struct claim *owner;
        struct trimtab_value value;
        int r;

        *ret_use = NAN;
        owner = arbiter_in_force(d->arbiter, d->knob->number, object->id, d->instance->advise, &value);
        if (owner) {
                *ret_use = owner->use;
        } else {
                r = d->view->current(d->view->userdata, d->knob, object->id, &value);
                if (r < 0)
                        return blocked(d, r == -EOPNOTSUPP ? "the knob is not available here"
                                                           : "the knob cannot be read");
        }

        if (value.type != TRIMTAB_NUMBER || isnan(value.number))
                return blocked(d, "the knob holds no number");
        if (isinf(value.number) && isnan(*ret_use))
                *ret_use = measured_use(d, object);
        *ret = value.number;
        return 0;
}

/* Of the object of the rule, whichever it is done on. */
static int computed_value(struct doing *d, struct trimtab_value *ret)
{
        const struct context c = { .view = d->view, .rule = d->instance->holder.rule, .self = d->instance->object };
        double number = expr_number(d->action->amount.root, &c) / d->knob->factor;

        if (isnan(number)) {
                d->later = true;
                return blocked(d, "there is no data to work out its value from");
        }
        *ret = value_number(action_clamp(d->action, number));
        return 0;
}

/*
 * The value that the action sets: its own, a word as it stands, or what is worked out. *ret_now: what is there, where nobody holds it.
 * -EAGAIN: not now.
 */
static int set_value(struct doing *d, const struct object *object, bool held, struct trimtab_value *ret, struct trimtab_value *ret_now)
{
        int r = 0;

        /* A knob that is not there is not claimed: one would wait for it for ever. */
        if (!held)
                r = d->view->current(d->view->userdata, d->knob, object->id, ret_now);
        if (r < 0)
                return blocked(d, r == -EOPNOTSUPP ? "the knob is not available here" : "the knob cannot be read");

        if (action_is_computed(d->action))
                return computed_value(d, ret);
        *ret = d->action->value;
        return 0;
}

/* A value that rests on one of those is to be had later, or never. */
static int refused(struct doing *d, int error)
{
        switch (error) {
        case -EAGAIN:
                d->later = true;
                return blocked(d, "it is too early for another change");
        case -EBUSY:
                d->later = true;
                return blocked(d, "somebody else is at it, or it was changed just now");
        case -EPERM:
        case -EACCES:
                return blocked(d, "it is one that is not to be changed");
        case -ENODEV:
        case -ENOENT:
                return blocked(d, "it is gone, or another one by now");
        default:
                return blocked(d, "there is no such value for it");
        }
}

/* A word's meaning, and whether a value may be had: a plugin knows more of a file than its type and range. */
static int resolved_value(struct doing *d, const struct object *object, struct trimtab_value *value)
{
        const struct trimtab_value said = *value;
        int r;

        /* What is no file asks when it is written. */
        if (!d->view->resolve || !(value_is_word(d->knob, value) || (d->knob->file && d->knob->check)))
                return 0;
        r = d->view->resolve(d->view->userdata, d->knob, object->id, &said, value);
        return r < 0 ? refused(d, r) : 0;
}

static int relative_value(struct doing *d, const struct object *object, const struct claim *own, struct trimtab_value *ret,
                          double *ret_from, double *ret_use)
{
        double from, next;
        int r;

        r = base_of(d, object, &from, ret_use);
        if (r < 0)
                return r;
        /* Of a controller that is not switched on nothing is measured, until a limit of it is set. */
        if (isinf(from) && isnan(*ret_use) && isfinite(d->action->range.high))
                *ret_use = d->action->range.high;
        if (step_relative(d->action, from, *ret_use, &next) < 0) {
                d->later = true;
                return blocked(d, "the limit is max and its use is not known");
        }
        if (!own && next == from)
                return blocked(d, "already at its bound");
        *ret = value_number(next);
        *ret_from = from;
        return resolved_value(d, object, ret);
}

/* *ret_from, *ret_use: see struct claim. -EAGAIN: not now, or it is there already and nobody holds it. */
static int wanted_value(struct doing *d, const struct object *object, const struct claim *own,
                        struct trimtab_value *ret, double *ret_from, double *ret_use)
{
        struct trimtab_value now;
        bool is_word;
        int r;

        *ret_from = NAN;
        *ret_use = own ? own->use : NAN;
        if (action_is_relative(d->action))
                return relative_value(d, object, own, ret, ret_from, ret_use);

        r = set_value(d, object, own, ret, &now);
        if (r < 0)
                return r;
        is_word = value_is_word(d->knob, ret) && d->view->resolve;
        r = resolved_value(d, object, ret);
        if (r < 0)
                return r;
        return is_word && !own && value_equal(&now, ret) ? blocked(d, "nothing better is known than what it has") : 0;
}

/* A deed is done once each time that the rule begins to act; and again, the same though it be, where the rule says how often. */
static bool is_new_deed(const struct doing *d, const struct claim *own)
{
        return d->knob->flags & TRIMTAB_KNOB_ACTION && (!own || d->instance->holder.rule->repeats);
}

static int act_on(void *userdata, const struct object *object)
{
        struct doing *d = userdata;
        struct instance *i = d->instance;
        struct trimtab_value value;
        struct claim *c;
        double from, use;
        bool again;
        int r;

        if (object_is_protected(d->view, object)) {
                (void) blocked(d, "protected");
                return 0;
        }
        /* A setting of a slice is undone; a deed there has been done to all that is in it. */
        if (d->knob->flags & TRIMTAB_KNOB_ACTION && object_holds_protected(d->view, object)) {
                (void) blocked(d, "a protected cgroup is in it");
                return 0;
        }
        if (!i->advise && d->view->busy(d->view->userdata, d->knob, object->id)) {
                d->later = true;
                (void) blocked(d, "the knob is busy or rests");
                return 0;
        }

        c = arbiter_find(d->arbiter, &i->holder, d->knob->number, object->id, i->advise);
        again = is_new_deed(d, c);
        r = wanted_value(d, object, c, &value, &from, &use);
        if (r < 0 || (c && !again && value_equal(&c->value, &value)))
                return 0;

        /* Several actions of one tick on one knob are undone as one; a deed is not undone. */
        if (c && c->acted_ns != d->view->now_ns && !(d->knob->flags & TRIMTAB_KNOB_ACTION)) {
                c->before = c->value;
                c->has_before = true;
        }
        r = arbiter_claim(d->arbiter, &i->holder, d->knob->number, object->id, i->advise, &value, &c);
        if (r < 0)
                return r;
        c->lever = d->index;
        c->again = again;
        /* A goal could not tell what a knob does that another one holds. */
        if (i->holder.rule->goal && slot_best(c->slot) != c) {
                arbiter_drop(d->arbiter, c, false, "");
                (void) blocked(d, "a rule of higher priority holds the knob");
                return 0;
        }
        c->acted_ns = d->view->now_ns;
        c->from = from;
        c->use = use;
        c->gap = NAN;
        memcpy(c->reason, d->reason->text, sizeof(c->reason));
        c->cause = d->reason->cause;
        d->changed++;
        return 0;
}

int instance_move(struct instance *i, const struct view *view, struct arbiter *a, const struct action *action,
                  size_t index, const struct reason *reason)
{
        struct context c = { .view = view, .rule = i->holder.rule, .self = i->object };
        struct doing d = {
                .instance = i,
                .view = view,
                .arbiter = a,
                .action = action,
                .index = index,
                .knob = catalogue_knob_at(view->catalogue, action->knob),
                .reason = reason,
        };
        int r;

        if (!d.knob->plugin) {
                (void) blocked(&d, "the knob's plugin is gone");
                return 0;
        }
        r = select_foreach(&action->selector, &c, d.knob->scope, act_on, &d);
        if (r < 0)
                return r;
        return d.changed == 0 && d.later ? -EAGAIN : d.changed;
}

int instance_act(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        struct reason reason = reason_act(i, view);
        int r, changed = 0;

        i->obstacle = NULL;
        for (size_t k = 0; k < rule->n_actions; k++) {
                r = instance_move(i, view, a, &rule->actions[k], k, &reason);
                if (r < 0 && r != -EAGAIN)
                        return r;
                if (r > 0)
                        changed += r;
        }
        return changed;
}

/* What is nearer to the original counts as where easing has come to: what was asked for, or what the knob
 * made of it. */
static double nearer(double a, double b, double original)
{
        return fabs(a - original) < fabs(b - original) ? a : b;
}

int instance_ease_claim(struct instance *i, const struct view *view, struct arbiter *a, struct claim *c, double part,
                        const struct reason *reason)
{
        const struct knob *k = catalogue_knob_at(view->catalogue, c->knob);
        struct trimtab_value original, in_force, value;
        double from = c->value.number, next;
        int r;

        if (!i->advise && view->busy(view->userdata, k, c->object))
                return 0;
        r = view->original(view->userdata, k, c->object, &original);
        if (r >= 0 && arbiter_in_force(a, c->knob, c->object, i->advise, &in_force) == c &&
            isfinite(original.number))
                from = nearer(in_force.number, from, original.number);

        if (r < 0 || k->flags & TRIMTAB_KNOB_ACTION || c->value.type != TRIMTAB_NUMBER || original.type != TRIMTAB_NUMBER ||
            !step_ease(k, from, original.number, c->use, part, &c->gap, &next)) {
                c->cause = reason->cause;
                arbiter_drop(a, c, false, reason->text);
                return 1;
        }

        value = value_number(next);
        r = arbiter_claim(a, &i->holder, c->knob, c->object, i->advise, &value, &c);
        if (r < 0)
                return r;
        memcpy(c->reason, reason->text, sizeof(c->reason));
        c->cause = reason->cause;
        return 1;
}

/* Of the way that is left, a rule goes so much a step. */
#define EASE_PART 0.5

int instance_ease(struct instance *i, const struct view *view, struct arbiter *a)
{
        struct reason reason = reason_ease(i, view);
        int r, changed = 0;

        for (struct claim *c = i->holder.claims, *next; c; c = next) {
                next = c->next_of_holder;
                r = instance_ease_claim(i, view, a, c, EASE_PART, &reason);
                if (r < 0)
                        return r;
                changed += r;
        }
        return changed;
}

void instance_undo(struct instance *i, const struct view *view, struct arbiter *a)
{
        struct reason reason = reason_undo(i, view);

        for (struct claim *c = i->holder.claims, *next; c; c = next) {
                struct trimtab_value before = c->before;

                next = c->next_of_holder;
                if (c->acted_ns != i->last_action_ns)
                        continue;
                if (!c->has_before) {
                        c->cause = reason.cause;
                        arbiter_drop(a, c, false, reason.text);
                        continue;
                }
                /* The claim is there: changing its value takes no memory, and cannot fail. */
                if (arbiter_claim(a, &i->holder, c->knob, c->object, i->advise, &before, &c) >= 0) {
                        memcpy(c->reason, reason.text, sizeof(c->reason));
                        c->cause = reason.cause;
                }
        }
}
