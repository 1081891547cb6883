/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/goal-run.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "decide/lever.h"

int goal_run_new(const struct goal *g, struct goal_run **ret)
{
        struct goal_run *run = calloc(1, sizeof(*run));

        if (!run)
                return -ENOMEM;
        run->levers = calloc(g->n_levers, sizeof(*run->levers));
        if (!run->levers) {
                free(run);
                return -ENOMEM;
        }
        for (size_t i = 0; i < g->n_levers; i++)
                run->levers[i].takes = g->levers[i].takes;
        run->value = NAN;
        *ret = run;
        return 0;
}

struct goal_run *goal_run_free(struct goal_run *g)
{
        if (!g)
                return NULL;
        free(g->levers);
        free(g);
        return NULL;
}

void goal_run_reset(struct goal_run *g, size_t n_levers)
{
        g->controller = (struct controller){ 0 };
        g->waits_since_ns = 0;
        for (size_t i = 0; i < n_levers; i++)
                g->levers[i] = (struct controller_lever){ .takes = g->levers[i].takes };
}

static double measure(const struct instance *i, const struct view *view)
{
        const struct rule *rule = i->holder.rule;
        struct context c = { .view = view, .rule = rule, .self = i->object, .hints = i->hints };

        return expr_number(rule->goal->measure, &c);
}

static int release(struct instance *i, const struct view *view, struct arbiter *a)
{
        struct reason reason = reason_goal(i, view, REASON_STUCK);
        int moved = i->holder.claims != NULL;

        while (i->holder.claims) {
                i->holder.claims->cause = reason.cause;
                arbiter_drop(a, i->holder.claims, false, reason.text);
        }
        return moved;
}

/* Whether anything moved, or -ENOMEM. */
static int carry_out(struct instance *i, const struct view *view, struct arbiter *a,
                     const struct controller_order *order, double load)
{
        struct moving m = { .instance = i, .view = view, .arbiter = a, .lever = order->lever };
        const struct controller *c = &i->goal->controller;
        bool takes;

        if (order->verb == CONTROLLER_RELEASE)
                return release(i, view, a);
        takes = i->goal->levers[order->lever].takes;

        switch (order->verb) {
        case CONTROLLER_STEP:
                m.reason = reason_goal(i, view, takes ? REASON_GIVE : REASON_STEP);
                return takes ? lever_give(&m) : lever_step(&m, order->steps);
        case CONTROLLER_MARK:
                lever_mark(i, order->lever);
                return 0;
        case CONTROLLER_BACK:
                m.reason = reason_goal(i, view, c->misses > 0 ? REASON_NO_HELP : REASON_NOT_BORNE);
                return lever_back(&m);
        case CONTROLLER_EASE:
                lever_mark(i, order->lever);
                m.reason = reason_goal(i, view, takes ? REASON_TAKE : REASON_EASE);
                return takes ? lever_take(&m, load) : lever_ease(&m, order->part);
        case CONTROLLER_NOTHING:
        case CONTROLLER_RELEASE:
                break;
        }
        return 0;
}

static void show_phase(struct instance *i, uint64_t now_ns)
{
        static const enum phase phases[] = {
                [CONTROLLER_IDLE] = PHASE_IDLE,        [CONTROLLER_ACTING] = PHASE_ACTIVE,
                [CONTROLLER_HOLDING] = PHASE_CLEARING, [CONTROLLER_EASING] = PHASE_EASING,
                [CONTROLLER_STUCK] = PHASE_RESTING,
        };
        enum phase phase = phases[i->goal->controller.phase];

        if (i->phase == phase)
                return;
        i->phase = phase;
        i->since_ns = now_ns;
}

/* A knob that refused rests for less. */
#define LAST_WAIT_NS (60 * SECOND_NS)

/* A lever that is busy, or whose use is about to be measured, is waited for as long as a step takes; the last
 * one longer: with it all would be given back. */
static bool may_wait(struct goal_run *run, const struct controller_config *config, size_t lever,
                     uint64_t now_ns)
{
        bool longer = lever + 1 == config->n_levers && config->settle_ns < LAST_WAIT_NS;

        if (run->waits_since_ns == 0)
                run->waits_since_ns = now_ns;
        return now_ns - run->waits_since_ns < (longer ? LAST_WAIT_NS : config->settle_ns);
}

int goal_tick(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        const struct goal *goal = rule->goal;
        const struct controller_config config = { goal->settle_ns, goal->ease_after_ns, goal->n_levers };
        struct goal_run *run = i->goal;
        double load;

        run->value = measure(i, view);
        load = isnan(run->value) ? (double) NAN : goal_load(goal, run->value);

        /* What others took from us since is not held any more. */
        for (size_t k = 0; k < goal->n_levers; k++)
                run->levers[k].held = lever_is_held(i, k);

        /* Each lever can be marked, put back and stepped once at most in one look. */
        for (size_t n = 0; n < 4 * (goal->n_levers + 1); n++) {
                struct controller_order order =
                        controller_look(&run->controller, &config, run->levers, view->now_ns, load);
                int moved;

                if (order.verb == CONTROLLER_NOTHING)
                        break;
                moved = carry_out(i, view, a, &order, load);
                if (moved == -EAGAIN && may_wait(run, &config, order.lever, view->now_ns))
                        break;
                if (moved < 0 && moved != -EAGAIN)
                        return moved;
                run->waits_since_ns = 0;
                for (size_t k = 0; k < goal->n_levers; k++)
                        run->levers[k].held = lever_is_held(i, k);
                controller_done(&run->controller, &config, run->levers, &order, view->now_ns, load,
                                moved > 0);
        }
        show_phase(i, view->now_ns);
        return 0;
}
