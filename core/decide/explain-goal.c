/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/explain-goal.h"

#include <math.h>

#include "decide/goal-run.h"

static uint64_t left(uint64_t now_ns, uint64_t until_ns)
{
        return until_ns > now_ns ? until_ns - now_ns : 0;
}

static bool will_ease(const struct goal_run *run, const struct goal *g, size_t *ret_lever)
{
        const struct controller_config config = { g->settle_ns, g->ease_after_ns, g->n_levers };

        return controller_easable(&config, run->levers, ret_lever);
}

static uint64_t ease_in(const struct controller *c, const struct goal *g,
                        const struct controller_lever *lever, uint64_t now_ns)
{
        const struct controller_config config = { g->settle_ns, g->ease_after_ns, g->n_levers };
        struct controller from_now = *c;

        if (c->margin_since_ns == 0)
                from_now.margin_since_ns = now_ns;
        return left(now_ns, controller_ease_at_ns(&from_now, &config, lever));
}

bool explain_goal(const struct explained_rule *r, uint64_t now_ns, struct explained_goal *ret)
{
        const struct goal *g = r->rule->goal;
        const struct goal_run *run = r->instance ? r->instance->goal : NULL;
        const struct controller *c;
        size_t lever;

        if (!g || !run)
                return false;

        c = &run->controller;
        *ret = (struct explained_goal){
                .goal = g,
                .phase = c->phase,
                .value = run->value,
                .margin = goal_value(g, CONTROLLER_MARGIN),
                .has_lever = c->phase == CONTROLLER_ACTING && c->lever < g->n_levers,
                .lever = c->lever,
                .judges = c->phase == CONTROLLER_ACTING && c->stepped,
                .before = goal_value(g, c->before),
                .needed = goal_value(g, c->best * CONTROLLER_HELPS),
                .burnt = c->ease_rest_ns > 0,
        };
        if (c->phase == CONTROLLER_ACTING || c->phase == CONTROLLER_STUCK)
                ret->wait_ns = left(now_ns, c->wait_until_ns);
        if (c->phase != CONTROLLER_ACTING && c->phase != CONTROLLER_STUCK && will_ease(run, g, &lever)) {
                ret->will_ease = true;
                ret->ease_ns = ease_in(c, g, &run->levers[lever], now_ns);
        }
        return true;
}

struct explained_lever explain_lever(const struct explained_rule *r, size_t lever, uint64_t now_ns)
{
        const struct controller_lever *l = &r->instance->goal->levers[lever];

        return (struct explained_lever){
                .lever = &r->rule->goal->levers[lever],
                .held = l->held,
                .useless_ns = left(now_ns, l->useless_until_ns),
        };
}
