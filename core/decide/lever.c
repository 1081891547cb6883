/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/lever.h"

#include <math.h>
#include <string.h>

#include "decide/step.h"

/* A knob that did not follow, such as memory.high when nothing can be reclaimed, is tried again after this
 * long. */
#define RETRY_NS (300 * SECOND_NS)

static struct claim *first_of(const struct instance *i, size_t lever, struct claim *c)
{
        while (c && c->lever != lever)
                c = c->next_of_holder;
        return c;
}

/* Every claim of a lever; the one at hand may be dropped. */
#define FOREACH_CLAIM(i, lever, c, next)                                                                     \
        for (struct claim *c = first_of(i, lever, (i)->holder.claims), *next = NULL;                         \
             c && (next = first_of(i, lever, c->next_of_holder), true); c = next)

static const struct action *action_of(const struct moving *m)
{
        return &m->instance->holder.rule->actions[m->lever];
}

static void say(struct claim *c, const struct reason *reason)
{
        memcpy(c->reason, reason->text, sizeof(c->reason));
        c->cause = reason->cause;
}

static void drop(const struct moving *m, struct claim *c)
{
        c->cause = m->reason.cause;
        arbiter_drop(m->arbiter, c, false, m->reason.text);
}

static int set(const struct moving *m, struct claim *c, const struct trimtab_value *value)
{
        int r;

        if (value_equal(&c->value, value))
                return 0;
        r = arbiter_claim(m->arbiter, &m->instance->holder, c->knob, c->object, m->instance->advise, value,
                          &c);
        if (r < 0)
                return r;
        say(c, &m->reason);
        return 1;
}

bool lever_is_held(const struct instance *i, size_t lever)
{
        return first_of(i, lever, i->holder.claims);
}

void lever_mark(struct instance *i, size_t lever)
{
        FOREACH_CLAIM(i, lever, c, next)
        {
                c->mark = c->value;
                c->has_mark = true;
        }
}

int lever_step(const struct moving *m, unsigned steps)
{
        struct action a = *action_of(m);
        bool factor = a.operation == OPERATION_MULTIPLY || a.operation == OPERATION_DIVIDE;

        a.operand = factor ? pow(a.operand, steps) : a.operand * steps;
        return instance_move(m->instance, m->view, m->arbiter, &a, m->lever, &m->reason);
}

int lever_back(const struct moving *m)
{
        int moved = 0;

        FOREACH_CLAIM(m->instance, m->lever, c, next)
        {
                struct trimtab_value mark = c->mark;
                int r = 1;

                if (c->has_mark)
                        r = set(m, c, &mark);
                else
                        drop(m, c);
                if (r < 0)
                        return r;
                moved |= r;
        }
        return moved;
}

int lever_ease(const struct moving *m, double part)
{
        int moved = 0;

        FOREACH_CLAIM(m->instance, m->lever, c, next)
        {
                int r = instance_ease_claim(m->instance, m->view, m->arbiter, c, part, &m->reason);

                if (r < 0)
                        return r;
                moved |= r;
        }
        return moved;
}

/* --- levers that take --- */

/* Every knob of it stands where it was before the last step. lately: and that step was a short while ago. */
static bool did_not_follow(const struct moving *m, bool *ret_lately)
{
        bool any = false;

        *ret_lately = true;
        FOREACH_CLAIM(m->instance, m->lever, c, next)
        {
                struct trimtab_value now;
                bool ours = arbiter_in_force(m->arbiter, c->knob, c->object, m->instance->advise, &now) == c;

                if (!ours || now.number != c->from)
                        return false;
                *ret_lately &= m->view->now_ns - c->acted_ns < RETRY_NS;
                any = true;
        }
        return any;
}

static int take(const struct moving *m, double part)
{
        struct action a = *action_of(m);

        if (a.operation == OPERATION_MULTIPLY || a.operation == OPERATION_DIVIDE)
                a.operand = 1 + (a.operand - 1) * part;
        else
                a.operand *= part;
        return instance_move(m->instance, m->view, m->arbiter, &a, m->lever, &m->reason);
}

int lever_take(const struct moving *m, double load)
{
        double part = fmin(fmax(1 - load, 0), 1);
        bool lately, stands = did_not_follow(m, &lately);
        int r;

        if (stands && lately)
                return 0;
        r = take(m, part);
        /* The same again is no new wish, and would not be written. */
        return r == 0 && stands ? take(m, part / 2) : r;
}

static struct action two_steps_back(const struct action *a)
{
        static const enum operation inverse[] = {
                [OPERATION_SET] = OPERATION_SET,         [OPERATION_ADD] = OPERATION_SUBTRACT,
                [OPERATION_SUBTRACT] = OPERATION_ADD,    [OPERATION_MULTIPLY] = OPERATION_DIVIDE,
                [OPERATION_DIVIDE] = OPERATION_MULTIPLY,
        };
        struct action back = *a;
        bool factor = a->operation == OPERATION_MULTIPLY || a->operation == OPERATION_DIVIDE;

        back.operation = inverse[a->operation];
        back.operand = factor ? a->operand * a->operand : a->operand * 2;
        return back;
}

/* Whether `next` is beyond the original, coming from `from`. */
static bool passes(double from, double next, double original)
{
        return next == from || (from < original ? next >= original : next <= original);
}

static int give(const struct moving *m, struct claim *c)
{
        const struct knob *k = catalogue_knob_at(m->view->catalogue, c->knob);
        struct action back = two_steps_back(action_of(m));
        struct trimtab_value original, now, value;
        double next;

        if (arbiter_in_force(m->arbiter, c->knob, c->object, m->instance->advise, &now) != c)
                now = c->value;
        if (m->view->original(m->view->userdata, k, c->object, &original) < 0 ||
            step_relative(&back, now.number, c->use, &next) < 0 ||
            passes(now.number, next, original.number)) {
                drop(m, c);
                return 1;
        }
        value = value_number(next);
        return set(m, c, &value);
}

int lever_give(const struct moving *m)
{
        int moved = 0;

        FOREACH_CLAIM(m->instance, m->lever, c, next)
        {
                int r = give(m, c);

                if (r < 0)
                        return r;
                moved |= r;
        }
        return moved;
}
