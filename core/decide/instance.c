/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/instance.h"

#include <errno.h>
#include <stdlib.h>

#include "decide/goal-run.h"
#include "decide/reason.h"
#include "util/ownership.h"

/* After the guard undid an action: the first rest, doubled each time up to the last. */
#define REST_FIRST_NS (300 * SECOND_NS)
#define REST_LAST_NS (3600 * SECOND_NS)

static void enter(struct instance *i, enum phase phase, uint64_t now_ns)
{
        i->phase = phase;
        i->since_ns = now_ns;
        i->until_is_unknown = false;
}

static uint64_t elapsed(uint64_t now_ns, uint64_t since_ns)
{
        return now_ns > since_ns ? now_ns - since_ns : 0;
}

int instance_new(const struct rule *rule, struct oid object, struct instance **ret)
{
        struct instance *i = calloc(1, sizeof(*i));
        int r;

        if (!i)
                return -ENOMEM;
        i->object = object;
        i->when = i->until = TRUTH_UNKNOWN;
        r = instance_set_rule(i, rule);
        if (r < 0) {
                free(i);
                return r;
        }
        *ret = i;
        return 0;
}

int instance_set_rule(struct instance *i, const struct rule *rule)
{
        size_t n = rule->when.n_leaves, n_until = rule->until.n_leaves;
        double *seen = calloc(n + n_until + 1, sizeof(*seen));
        struct store_hint *hints = calloc(n + n_until + 1, sizeof(*hints));

        if (!seen || !hints) {
                free(seen);
                free(hints);
                return -ENOMEM;
        }
        if (rule->goal && !i->goal && goal_run_new(rule->goal, &i->goal) < 0) {
                free(seen);
                free(hints);
                return -ENOMEM;
        }
        free(i->seen);
        free(i->hints);
        i->seen = seen;
        i->seen_until = seen + n;
        i->hints = hints;
        i->hints_until = hints + n;
        i->holder.rule = rule;
        return 0;
}

/* cause: NULL, no measurement is behind it. */
static void let_go(struct instance *i, struct arbiter *a, bool keep, const char *reason, const struct cause *cause)
{
        while (i->holder.claims) {
                i->holder.claims->cause = cause ? *cause : (struct cause){ 0 };
                arbiter_drop(a, i->holder.claims, keep, reason);
        }
        if (i->goal)
                goal_run_reset(i->goal, i->holder.rule->goal->n_levers);
}

struct instance *instance_free(struct instance *i, struct arbiter *a, const char *reason)
{
        if (!i)
                return NULL;
        let_go(i, a, i->holder.rule->on_clear == ON_CLEAR_KEEP, reason, NULL);
        goal_run_free(i->goal);
        free(i->seen);
        free(i->hints);
        free(i);
        return NULL;
}

void instance_release(struct instance *i, struct arbiter *a, uint64_t now_ns, uint64_t rest_until_ns)
{
        let_go(i, a, false, "released by hand", NULL);
        /* A longer one that its guard made goes on. */
        if (i->rest_until_ns < rest_until_ns)
                i->rest_until_ns = rest_until_ns;
        enter(i, PHASE_RESTING, now_ns);
}

/* Every action counts from now on as the last one. */
static void note_action(struct instance *i, uint64_t now_ns)
{
        i->acted = true;
        i->last_action_ns = now_ns;
}

static bool waited(const struct instance *i, uint64_t now_ns, uint64_t least_ns)
{
        return now_ns >= i->rest_until_ns && (!i->acted || elapsed(now_ns, i->last_action_ns) >= least_ns);
}

static enum truth look(const struct instance *i, const struct view *view, const struct expr *e, double *seen,
                       struct store_hint *hints)
{
        struct context c = { .view = view, .rule = i->holder.rule, .self = i->object, .hints = hints };

        return expr_truth(e, &c, seen);
}

static int act(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        int r;

        if (look(i, view, &rule->guard, NULL, NULL) == TRUTH_FALSE) {
                i->obstacle = "its guard is not true";
                return 0;
        }
        r = instance_act(i, view, a);
        if (r <= 0)
                return r;

        i->actions += (uint64_t) r;
        note_action(i, view->now_ns);
        if (rule->guard.root)
                i->watch_until_ns = view->now_ns + 2 * rule->window_ns;
        return r;
}

static int ease(struct instance *i, const struct view *view, struct arbiter *a)
{
        int r = 0;

        if (i->holder.claims && waited(i, view->now_ns, i->holder.rule->cooldown_ns)) {
                r = instance_ease(i, view, a);
                if (r > 0)
                        note_action(i, view->now_ns);
        }
        if (!i->holder.claims)
                enter(i, PHASE_IDLE, view->now_ns);
        return r;
}

/* The end of what it did. */
static int clear(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        struct reason reason;

        if (rule->on_clear == ON_CLEAR_EASE) {
                enter(i, PHASE_EASING, view->now_ns);
                return ease(i, view, a);
        }

        reason = reason_clear(i, view);
        if (i->holder.claims)
                note_action(i, view->now_ns);
        let_go(i, a, rule->on_clear == ON_CLEAR_KEEP, reason.text, &reason.cause);
        enter(i, PHASE_IDLE, view->now_ns);
        return 0;
}

/* An action that harmed is taken back, and the rule rests: longer each time, until one of its actions is
 * found harmless. */
static void heed_guard(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (i->watch_until_ns == 0)
                return;
        if (view->now_ns >= i->watch_until_ns) {
                i->watch_until_ns = i->rest_ns = 0;
                return;
        }
        if (look(i, view, &i->holder.rule->guard, NULL, NULL) != TRUTH_FALSE)
                return;

        instance_undo(i, view, a);
        i->watch_until_ns = 0;
        i->rest_ns = i->rest_ns == 0 ? REST_FIRST_NS : 2 * i->rest_ns;
        if (i->rest_ns > REST_LAST_NS)
                i->rest_ns = REST_LAST_NS;
        i->rest_until_ns = view->now_ns + i->rest_ns;
        if (!i->holder.claims)
                enter(i, PHASE_RESTING, view->now_ns);
}

static int tick_holding(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        int r;

        if (i->when != TRUTH_TRUE) {
                enter(i, i->holder.claims ? PHASE_EASING : PHASE_IDLE, view->now_ns);
                return 0;
        }
        if (elapsed(view->now_ns, i->since_ns) < rule->hold_ns || !waited(i, view->now_ns, rule->cooldown_ns))
                return 0;

        i->true_since_ns = i->since_ns;
        r = act(i, view, a);
        if (r < 0)
                return r;
        /* Nothing to hold on to: it goes on trying. Something eased before is held again. */
        if (i->holder.claims)
                enter(i, PHASE_ACTIVE, view->now_ns);
        return 0;
}

static int tick_idle(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (i->when != TRUTH_TRUE)
                return 0;
        enter(i, PHASE_HOLDING, view->now_ns);
        return tick_holding(i, view, a);
}

static int tick_clearing(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (i->until != TRUTH_TRUE) {
                enter(i, PHASE_ACTIVE, view->now_ns);
                return 0;
        }
        if (elapsed(view->now_ns, i->since_ns) < i->holder.rule->clear_hold_ns)
                return 0;
        return clear(i, view, a);
}

/* Nothing measured for long: what the rule was for is not there any more. */
static bool unknown_for_long(struct instance *i, uint64_t now_ns)
{
        if (i->until != TRUTH_UNKNOWN) {
                i->until_is_unknown = false;
                return false;
        }
        if (!i->until_is_unknown) {
                i->until_is_unknown = true;
                i->unknown_since_ns = now_ns;
        }
        return elapsed(now_ns, i->unknown_since_ns) >= 3 * i->holder.rule->clear_hold_ns;
}

static int tick_active(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (i->until == TRUTH_TRUE) {
                enter(i, PHASE_CLEARING, view->now_ns);
                return tick_clearing(i, view, a);
        }
        if (unknown_for_long(i, view->now_ns))
                return clear(i, view, a);
        if (i->when == TRUTH_TRUE && waited(i, view->now_ns, i->holder.rule->every_ns)) {
                int r = act(i, view, a);

                return r < 0 ? r : 0;
        }
        return 0;
}

static int tick_easing(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (i->when == TRUTH_TRUE && i->holder.claims) {
                enter(i, PHASE_HOLDING, view->now_ns);
                return tick_holding(i, view, a);
        }
        return ease(i, view, a);
}

static int tick_resting(struct instance *i, const struct view *view, struct arbiter *a)
{
        if (view->now_ns < i->rest_until_ns)
                return 0;
        enter(i, PHASE_IDLE, view->now_ns);
        return tick_idle(i, view, a);
}

static int (*const ticks[])(struct instance *i, const struct view *view, struct arbiter *a) = {
        [PHASE_IDLE] = tick_idle,         [PHASE_HOLDING] = tick_holding, [PHASE_ACTIVE] = tick_active,
        [PHASE_CLEARING] = tick_clearing, [PHASE_EASING] = tick_easing,   [PHASE_RESTING] = tick_resting,
};

static int tick_goal(struct instance *i, const struct view *view, struct arbiter *a)
{
        uint64_t steps = i->goal->controller.n_steps;
        int r;

        if (view->now_ns < i->rest_until_ns)
                return 0;
        r = goal_tick(i, view, a);
        if (r < 0 || i->goal->controller.n_steps == steps)
                return r;

        i->actions += i->goal->controller.n_steps - steps;
        note_action(i, view->now_ns);
        if (i->holder.rule->guard.root)
                i->watch_until_ns = view->now_ns + 2 * i->holder.rule->window_ns;
        return 0;
}

void instance_expect(const struct instance *i)
{
        for (size_t leaf = 0; leaf < i->holder.rule->when.n_leaves; leaf++)
                store_expect(&i->hints[leaf]);
}

int instance_tick(struct instance *i, const struct view *view, struct arbiter *a)
{
        const struct rule *rule = i->holder.rule;
        enum mode mode = rule->mode < view->mode ? rule->mode : view->mode;
        bool advise = mode == MODE_ADVISE;
        int r;

        i->when = look(i, view, &rule->when, i->seen, i->hints);
        /* Most instances of a large machine are idle: half of the looking is enough for them. */
        if (i->phase == PHASE_ACTIVE || i->phase == PHASE_CLEARING || i->phase == PHASE_EASING)
                i->until = look(i, view, &rule->until, i->seen_until, i->hints_until);

        if (i->holder.refused) {
                i->holder.refused = false;
                note_action(i, view->now_ns);
        }

        /* What is held under one mode is not held under another. */
        if (mode < MODE_ADVISE || advise != i->advise) {
                let_go(i, a, false, "the mode changed", NULL);
                if (i->phase != PHASE_RESTING && i->phase != PHASE_IDLE)
                        enter(i, PHASE_IDLE, view->now_ns);
                i->advise = advise;
        }
        if (mode < MODE_ADVISE)
                return 0;

        heed_guard(i, view, a);
        if (i->goal)
                return tick_goal(i, view, a);
        r = ticks[i->phase](i, view, a);
        return r < 0 ? r : 0;
}
