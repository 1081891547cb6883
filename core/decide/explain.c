/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "decide/explain-goal.h"
#include "decide/instance.h"
#include "util/ownership.h"

static const char *const obstacle_names[] = {
        [OBSTACLE_PLUGIN] = "plugin",       [OBSTACLE_OFF] = "off",
        [OBSTACLE_OBSERVE] = "observe",     [OBSTACLE_ADVISE] = "advise",
        [OBSTACLE_NO_OBJECT] = "no-object", [OBSTACLE_NO_DATA] = "no-data",
        [OBSTACLE_CONDITION] = "condition", [OBSTACLE_HOLD] = "hold",
        [OBSTACLE_GUARD] = "guard",         [OBSTACLE_COOLDOWN] = "cooldown",
        [OBSTACLE_REST] = "rest",           [OBSTACLE_PROTECTED] = "protected",
        [OBSTACLE_ATTEMPT] = "attempt",     [OBSTACLE_SETTLE] = "settle",
        [OBSTACLE_STUCK] = "stuck",
};
_Static_assert(ELEMENTSOF(obstacle_names) == OBSTACLE_COUNT, "every obstacle has a name");

const char *obstacle_name(enum obstacle o)
{
        return obstacle_names[o];
}

/* Of `total` that began at `since`, what is done and what is left. */
static uint64_t done(uint64_t now_ns, uint64_t since_ns, uint64_t total_ns)
{
        uint64_t elapsed = now_ns > since_ns ? now_ns - since_ns : 0;

        return elapsed < total_ns ? elapsed : total_ns;
}

static uint64_t left(uint64_t now_ns, uint64_t until_ns)
{
        return until_ns > now_ns ? until_ns - now_ns : 0;
}

static void add(struct explained_rule *r, enum obstacle what, uint64_t left_ns, const char *text)
{
        r->hindrances[r->n_hindrances++] = (struct hindrance){ what, left_ns, text };
        if (left_ns > r->next_ns)
                r->next_ns = left_ns;
}

static void add_modes(struct explained_rule *r, const struct view *view)
{
        enum mode mode = r->rule->mode < view->mode ? r->rule->mode : view->mode;

        if (r->rule->waits_for)
                add(r, OBSTACLE_PLUGIN, 0, r->rule->waits_for);
        if (mode == MODE_OFF)
                add(r, OBSTACLE_OFF, 0, NULL);
        if (mode == MODE_OBSERVE)
                add(r, OBSTACLE_OBSERVE, 0, r->rule->mode == MODE_OBSERVE ? "rule" : "daemon");
        if (mode == MODE_ADVISE)
                add(r, OBSTACLE_ADVISE, 0, r->rule->mode == MODE_ADVISE ? "rule" : "daemon");
}

/* What counts between two actions: `every` while it holds something, `cooldown` before. */
static uint64_t pause_of(const struct instance *i)
{
        return i->phase == PHASE_ACTIVE ? i->holder.rule->every_ns : i->holder.rule->cooldown_ns;
}

static void add_condition(struct explained_rule *r, const struct instance *i, uint64_t now_ns)
{
        uint64_t rest_ns = left(now_ns, i->rest_until_ns);
        uint64_t cooldown_ns = i->acted ? left(now_ns, i->last_action_ns + pause_of(i)) : 0;

        if (rest_ns > 0)
                add(r, OBSTACLE_REST, rest_ns, NULL);
        if (r->when == TRUTH_UNKNOWN)
                add(r, OBSTACLE_NO_DATA, 0, NULL);
        if (r->when == TRUTH_FALSE && !r->until_counts)
                add(r, OBSTACLE_CONDITION, 0, NULL);
        if (r->phase == PHASE_HOLDING && r->hold_ns < r->rule->hold_ns)
                add(r, OBSTACLE_HOLD, r->rule->hold_ns - r->hold_ns, NULL);
        if (r->guard == TRUTH_FALSE)
                add(r, OBSTACLE_GUARD, 0, NULL);
        if (cooldown_ns > 0)
                add(r, OBSTACLE_COOLDOWN, cooldown_ns, NULL);
}

static void add_goal(struct explained_rule *r, uint64_t now_ns)
{
        uint64_t rest_ns = left(now_ns, r->instance->rest_until_ns);
        struct explained_goal g;

        (void) explain_goal(r, now_ns, &g);
        if (rest_ns > 0)
                add(r, OBSTACLE_REST, rest_ns, NULL);
        if (r->when == TRUTH_UNKNOWN)
                add(r, OBSTACLE_NO_DATA, 0, NULL);
        if (r->guard == TRUTH_FALSE)
                add(r, OBSTACLE_GUARD, 0, NULL);
        if (g.wait_ns > 0)
                add(r, g.phase == CONTROLLER_STUCK ? OBSTACLE_STUCK : OBSTACLE_SETTLE, g.wait_ns, NULL);
}

static bool acts_on_itself(const struct rule *rule)
{
        for (size_t i = 0; i < rule->n_actions; i++)
                if (rule->actions[i].selector.kind == SELECT_SELF)
                        return true;
        return false;
}

/* Why an attempt failed is known of the last one only: it says nothing of one that is not made. */
static void add_attempt(struct explained_rule *r, const struct instance *i, const struct view *view)
{
        const struct object *object = objects_get(view->objects, i->object);

        if (object && acts_on_itself(r->rule) && object_is_protected(view, object))
                add(r, OBSTACLE_PROTECTED, 0, NULL);
        else if (i->obstacle && r->when == TRUTH_TRUE)
                add(r, OBSTACLE_ATTEMPT, 0, i->obstacle);
}

struct explaining {
        const struct view *view;
        int (*cb)(void *userdata, const struct explained_rule *r);
        void *userdata;
};

static int explain_instance(const struct explaining *x, struct explained_rule *r, const struct instance *i)
{
        const struct context c = { .view = x->view, .rule = r->rule, .self = i->object };
        _cleanup_free_ double *guard = calloc(r->rule->guard.n_leaves + 1, sizeof(*guard));
        uint64_t now_ns = x->view->now_ns;

        if (!guard)
                return -ENOMEM;

        r->has_object = true;
        r->instance = i;
        r->object = i->object;
        r->phase = i->phase;
        r->since_ns = i->since_ns;
        r->actions = i->actions;
        r->when = i->when;
        r->until_counts = i->phase == PHASE_ACTIVE || i->phase == PHASE_CLEARING || i->phase == PHASE_EASING;
        r->until = r->until_counts ? i->until : TRUTH_UNKNOWN;
        r->guard = expr_truth(&r->rule->guard, &c, guard);
        if (i->phase == PHASE_HOLDING)
                r->hold_ns = done(now_ns, i->since_ns, r->rule->hold_ns);
        if (i->phase == PHASE_CLEARING)
                r->clear_ns = done(now_ns, i->since_ns, r->rule->clear_hold_ns);
        r->seen_when = i->seen;
        r->seen_until = i->seen_until;
        r->seen_guard = guard;

        if (i->goal)
                add_goal(r, now_ns);
        else
                add_condition(r, i, now_ns);
        add_attempt(r, i, x->view);
        return x->cb(x->userdata, r);
}

static int explain_state(void *userdata, const struct rule *rule, const struct instance *i)
{
        const struct explaining *x = userdata;
        struct explained_rule r = {
                .rule = rule,
                .when = TRUTH_UNKNOWN,
                .until = TRUTH_UNKNOWN,
                .guard = TRUTH_UNKNOWN,
        };

        add_modes(&r, x->view);
        if (i)
                return explain_instance(x, &r, i);

        if (!rule->waits_for && rule->mode != MODE_OFF)
                add(&r, OBSTACLE_NO_OBJECT, 0, NULL);
        return x->cb(x->userdata, &r);
}

int explain_rules(const struct engine *e, const struct view *view,
                  int (*cb)(void *userdata, const struct explained_rule *r), void *userdata)
{
        struct explaining x = { view, cb, userdata };

        return engine_foreach_state(e, explain_state, &x);
}

/* The holder is the first thing in an instance: who holds a claim is a rule on an object. */
static const struct instance *instance_of(const struct claim *c)
{
        _Static_assert(offsetof(struct instance, holder) == 0, "an instance begins with its holder");
        return (const struct instance *) c->holder;
}

struct claiming {
        bool advise;
        int (*cb)(void *userdata, const struct explained_claim *c);
        void *userdata;
};

static int explain_claim(void *userdata, const struct claim *c, bool owner)
{
        const struct claiming *k = userdata;

        return k->cb(k->userdata, &(struct explained_claim){
                                          .rule = c->holder->rule,
                                          .object = instance_of(c)->object,
                                          .value = c->value,
                                          .owner = owner,
                                          .advise = k->advise,
                                          .reason = c->reason,
                                          .cause = &c->cause,
                                          .acted_ns = c->acted_ns,
                                  });
}

int explain_claims(const struct engine *e, uint32_t knob, struct oid object,
                   int (*cb)(void *userdata, const struct explained_claim *c), void *userdata)
{
        int r = 0;

        for (unsigned advise = 0; r == 0 && advise <= 1; advise++) {
                struct claiming k = { advise, cb, userdata };

                r = arbiter_foreach_claim(engine_arbiter(e), knob, object, advise, explain_claim, &k);
        }
        return r;
}

bool explain_holds(const struct explained_rule *r, uint32_t knob, const struct oid *object)
{
        for (const struct claim *c = r->instance ? r->instance->holder.claims : NULL; c;
             c = c->next_of_holder)
                if ((knob == UINT32_MAX || c->knob == knob) && (!object || oid_equal(c->object, *object)))
                        return true;
        return false;
}
