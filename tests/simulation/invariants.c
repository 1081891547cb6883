/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "invariants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decide/arbiter.h"
#include "decide/rule.h"
#include "decide/step.h"

/* For numbers that went through some steps of arithmetic. */
#define NEAR 1e-6

/* The least rest after an action that its guard took back, as seen from the undo: a busy knob can delay that by 20 s. */
#define GUARD_REST_NS (280 * SECOND)

/* What of the way is not worth a step, in knob units and as a part. */
#define LAST_UNIT 1.0
#define LAST_PART 0.05

static bool begins(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

static const struct rule *rule_named(const struct machine *m, const char *name)
{
        const struct rule *rule = ruleset_find(engine_rules(m->engine), name);

        REQUIRE(m, rule, "a decision of '%s', which is no rule", name);
        return rule;
}

/* Whether it turns no knobs but those of its own object: then its decisions there are those of one instance. */
static bool keeps_to_itself(const struct rule *rule)
{
        for (size_t i = 0; i < rule->n_actions; i++)
                if (rule->actions[i].selector.kind != SELECT_SELF)
                        return false;
        return true;
}

void invariants_init(struct invariants *v, struct machine *m)
{
        const struct ruleset *set = engine_rules(m->engine);

        *v = (struct invariants){ 0 };
        REQUIRE(m, ruleset_n(set) <= INVARIANT_RULES_MAX, "too many rules to watch");
        for (size_t i = 0; i < ruleset_n(set); i++)
                for (size_t k = 0; k < ruleset_at(set, i)->n_actions; k++)
                        v->named[ruleset_at(set, i)->actions[k].knob] = true;
        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (unsigned p = 0; p < N_PLACES; p++)
                        v->trails[k][p] = (struct trail){ .key = m->keys[p],
                                                          .asked = NAN,
                                                          .held = m->knobs[k][p].now.number };
}

/* --- before the tick --- */

static void note_truth(enum truth now, uint64_t now_ns, enum truth *was, uint64_t *since_ns)
{
        if (now != *was || *since_ns == 0)
                *since_ns = now_ns;
        *was = now;
}

static void look(struct record *r, const struct machine *m, const struct rule *rule, unsigned place)
{
        struct context c = { .view = &m->view, .rule = rule, .self = machine_object(m, place) };

        if (r->rule != rule || r->key != m->keys[place])
                *r = (struct record){ .rule = rule, .key = m->keys[place] };
        note_truth(expr_truth(&rule->when, &c, NULL), m->view.now_ns, &r->when, &r->when_since_ns);
        note_truth(expr_truth(&rule->until, &c, NULL), m->view.now_ns, &r->until, &r->until_since_ns);
        r->guard = expr_truth(&rule->guard, &c, NULL);
}

void invariants_before(struct invariants *v, struct machine *m)
{
        const struct ruleset *set = engine_rules(m->engine);

        for (size_t i = 0; i < ruleset_n(set); i++)
                for (unsigned p = 0; p < N_PLACES; p++)
                        if (!m->gone[p] && ruleset_at(set, i)->match.scope == machine_object(m, p).scope)
                                look(&v->records[i][p], m, ruleset_at(set, i), p);
}

/* --- after it --- */

static void check_action(struct record *r, const struct machine *m, const struct instance_info *info)
{
        const struct rule *rule = info->rule;
        uint64_t now_ns = m->view.now_ns;

        REQUIRE(m, r->when == TRUTH_TRUE, "%s acts while its condition is not true", rule->name);
        REQUIRE(m, r->phase == PHASE_ACTIVE || now_ns - r->when_since_ns >= rule->hold_ns, "%s acts before its hold",
                rule->name);
        REQUIRE(m, !r->acted || now_ns - r->acted_ns >= rule->cooldown_ns, "%s acts twice in its cooldown", rule->name);
        REQUIRE(m, r->guard != TRUTH_FALSE, "%s acts while its guard is false", rule->name);
        REQUIRE(m, now_ns >= r->rests_until_ns, "%s acts while it rests", rule->name);
        r->acted = true;
        r->acted_ns = now_ns;
}

/* A goal counts its steps only. A tick is the least that can lie between two looks. */
static void check_step(struct record *r, const struct machine *m, const struct instance_info *info)
{
        const struct rule *rule = info->rule;
        uint64_t now_ns = m->view.now_ns;

        REQUIRE(m, r->when == TRUTH_TRUE, "%s makes a step while it is not violated", rule->name);
        REQUIRE(m, info->actions == r->actions + 1, "%s makes several steps at once", rule->name);
        REQUIRE(m, !r->acted || now_ns - r->acted_ns >= rule->goal->settle_ns, "%s makes a step before the last one settled",
                rule->name);
        REQUIRE(m, now_ns >= r->rests_until_ns, "%s makes a step while it rests", rule->name);
        r->acted = true;
        r->acted_ns = now_ns;
}

static bool holds_on(enum phase p)
{
        return p == PHASE_ACTIVE || p == PHASE_CLEARING;
}

static void check_giving_back(const struct record *r, const struct machine *m, const struct rule *rule)
{
        uint64_t for_ns = m->view.now_ns - r->until_since_ns;

        REQUIRE(m,
                (r->until == TRUTH_TRUE && for_ns >= rule->clear_hold_ns) ||
                        (r->until == TRUTH_UNKNOWN && for_ns >= 3 * rule->clear_hold_ns),
                "%s gives back before its time", rule->name);
}

struct looking {
        struct invariants *invariants;
        struct machine *machine;
};

static int check_instance(void *userdata, const struct instance_info *info)
{
        const struct looking *l = userdata;
        const struct machine *m = l->machine;
        unsigned place = machine_place(m, info->object);
        struct record *r = NULL;

        if (info->object.key == UINT64_MAX)
                return 0;
        REQUIRE(m, place < N_PLACES, "%s runs for what is gone", info->rule->name);
        for (size_t i = 0; i < ruleset_n(engine_rules(m->engine)); i++)
                if (ruleset_at(engine_rules(m->engine), i) == info->rule)
                        r = &l->invariants->records[i][place];

        REQUIRE(m, r, "%s runs and is no rule", info->rule->name);
        REQUIRE(m, info->when == r->when, "%s sees its condition as %d, it is %d", info->rule->name, (int) info->when,
                (int) r->when);
        if (info->rule->goal && info->actions != r->actions)
                check_step(r, m, info);
        if (!info->rule->goal && info->actions != r->actions)
                check_action(r, m, info);
        if (!info->rule->goal && holds_on(r->phase) && (info->phase == PHASE_IDLE || info->phase == PHASE_EASING))
                check_giving_back(r, m, info->rule);
        r->actions = info->actions;
        r->phase = info->phase;
        return 0;
}

static bool in_range(const struct action *a, double x)
{
        return x >= a->range.low * (1 - NEAR) && (x <= a->range.high * (1 + NEAR) || a->range.high == (double) INFINITY);
}

/* Inside of the bounds of an action on the knob, or on the way back from there. */
static void check_value(const struct machine *m, const struct rule *rule, const struct decision *d,
                        const struct toy_knob *t)
{
        const struct knob *k = catalogue_knob_at(m->catalogue, d->knob);
        double x = d->value.number, original = (t->ours ? t->original : t->now).number;

        REQUIRE(m, d->value.type == k->type, "%s sets %s to something else than it is", rule->name, k->name);
        if (k->type != TRIMTAB_NUMBER)
                return;
        REQUIRE(m, (x >= k->min && x <= k->max) || (x == (double) INFINITY && k->flags & TRIMTAB_KNOB_MAX),
                "%s sets %s to %g, out of its range", rule->name, k->name, x);
        for (size_t i = 0; i < rule->n_actions; i++) {
                const struct action *a = &rule->actions[i];

                if (a->knob != d->knob)
                        continue;
                if (in_range(a, x) || ((rule->goal || rule->on_clear == ON_CLEAR_EASE) &&
                                       x >= fmin(a->range.low, original) * (1 - NEAR) &&
                                       x <= fmax(a->range.high, original) * (1 + NEAR)))
                        return;
        }
        machine_fail(m, "%s sets %s to %g, outside of its bounds", rule->name, k->name, x);
}

/* How far it is, as easing counts it: for a weight by the ratio. */
static double way(const struct machine *m, uint32_t knob, double from, double to)
{
        return catalogue_knob_at(m->catalogue, knob)->flags & TRIMTAB_KNOB_WEIGHT ? fabs(log(to / from)) : fabs(to - from);
}

static void check_easing(struct invariants *v, const struct machine *m, const struct decision *d, struct trail *t,
                         const struct toy_knob *k)
{
        const struct rule *rule = rule_named(m, d->rule);
        double original = k->original.number, left = way(m, d->knob, t->asked, original);
        bool last;

        v->eases++;
        if (rule->goal || !keeps_to_itself(rule) || !t->rule || strcmp(t->rule, d->rule) != 0)
                return;
        REQUIRE(m, !t->easing || m->view.now_ns - t->eased_ns >= rule->cooldown_ns, "%s eases twice in its cooldown",
                rule->name);
        t->eased_ns = m->view.now_ns;

        /* What it rounds to, or where `max` begins to be felt, is known to the engine only. */
        if (isnan(t->asked) || !isfinite(original) || !isfinite(t->asked) || k->unit > 0 || k->foreign)
                return;
        if (!t->easing)
                t->gap = left;
        last = fabs(t->asked - original) <= LAST_UNIT || left <= LAST_PART * t->gap * (1 + NEAR);
        REQUIRE(m, last == (d->verb == VERB_RESTORE), "%s eases %s to an end at %g, of %g", rule->name,
                catalogue_knob_at(m->catalogue, d->knob)->name, t->asked, original);
        if (!last)
                REQUIRE(m, fabs(way(m, d->knob, d->value.number, original) / left - 0.5) <= NEAR,
                        "%s eases from %g to %g, which is not half of the way to %g", rule->name, t->asked,
                        d->value.number, original);
}

/* What was undone in another's shadow comes to light later: then it is not known since when the rule rests. */
static void check_undo(struct invariants *v, const struct machine *m, const struct decision *d, const struct trail *t,
                       unsigned place)
{
        const struct rule *rule;

        if (!begins(d->reason, "its guard turned false") || !t->rule || strcmp(t->rule, d->rule) != 0)
                return;
        rule = rule_named(m, d->rule);
        if (!keeps_to_itself(rule))
                return;
        for (size_t i = 0; i < INVARIANT_RULES_MAX; i++)
                if (v->records[i][place].rule == rule)
                        v->records[i][place].rests_until_ns = m->view.now_ns + GUARD_REST_NS;
}

/* Nothing is given back, or taken, unless the goal is met, and known to be. What surfaces from another's shadow is of before. */
static void check_goal_ease(const struct invariants *v, const struct machine *m, const struct decision *d,
                            const struct trail *t, unsigned place)
{
        const struct rule *rule = d->rule ? ruleset_find(engine_rules(m->engine), d->rule) : NULL;

        if (!rule || !rule->goal || !keeps_to_itself(rule) || !t->rule || strcmp(t->rule, d->rule) != 0 ||
            (!begins(d->reason, "giving back: ") && !begins(d->reason, "taking a little: ")))
                return;
        for (size_t i = 0; i < INVARIANT_RULES_MAX; i++)
                if (v->records[i][place].rule == rule)
                        REQUIRE(m, v->records[i][place].when == TRUTH_FALSE, "%s gives back, and is not met", rule->name);
}

static void check_decision(struct invariants *v, struct machine *m, const struct decision *d)
{
        struct toy_knob *k = machine_knob(m, d->knob, d->object);
        unsigned place = machine_place(m, d->object);
        struct trail *t = &v->trails[d->knob][place];
        bool easing = begins(d->reason, "easing:"), surfaces;

        for (const struct decision *other = m->decisions.items; other < d; other++)
                REQUIRE(m,
                        other->knob != d->knob || other->advise != d->advise || !oid_equal(other->object, d->object),
                        "two words on one knob");
        REQUIRE(m, memchr(d->reason, 0, sizeof(d->reason)) && d->reason[0] != '\0', "no reason is given");
        if (d->verb == VERB_SET)
                check_value(m, rule_named(m, d->rule), d, k);
        if (d->advise)
                return;

        REQUIRE(m, m->view.now_ns >= k->busy_until_ns, "a decision for a busy knob");
        REQUIRE(m, d->verb == VERB_SET || k->ours, "something is put back that is not ours");
        check_undo(v, m, d, t, place);
        if (easing)
                check_easing(v, m, d, t, k);
        check_goal_ease(v, m, d, t, place);
        v->given += begins(d->reason, "giving back: ");
        /* How far a value has come that was eased in another's shadow, cannot be told from here. */
        surfaces = easing && (!t->rule || strcmp(t->rule, d->rule) != 0);
        t->easing = easing;
        t->rule = d->verb == VERB_SET && !surfaces ? rule_named(m, d->rule)->name : NULL;
        t->asked = d->verb == VERB_SET && d->value.type == TRIMTAB_NUMBER ? d->value.number : (double) NAN;
        v->sets += d->verb == VERB_SET;
        v->restores += d->verb == VERB_RESTORE;
}

struct claims {
        const struct claim *best, *owner;
};

static const struct action *pushes(const struct claim *c)
{
        const struct rule *rule = c->holder->rule;

        return rule->goal && !rule->goal->levers[c->lever].takes ? &rule->actions[c->lever] : NULL;
}

static bool outranks(const struct claim *a, const struct claim *b)
{
        const struct rule *x = a->holder->rule, *y = b->holder->rule;
        const struct action *i = pushes(a), *j = pushes(b);

        if (x->priority != y->priority)
                return x->priority > y->priority;
        /* Of goals that turn it the same way, who has turned it further. */
        if (i && j && step_raises(i) == step_raises(j) && a->value.number != b->value.number)
                return (a->value.number > b->value.number) == step_raises(i);
        if (x->file_index != y->file_index)
                return x->file_index > y->file_index;
        return x->section_index == y->section_index ? a->first < b->first : x->section_index > y->section_index;
}

static int note_claim(void *userdata, const struct claim *c, bool owner)
{
        struct claims *k = userdata;

        if (!k->best || outranks(c, k->best))
                k->best = c;
        if (owner)
                k->owner = c;
        return 0;
}

static struct claims claims_on(const struct machine *m, uint32_t knob, unsigned place, bool advise)
{
        struct claims k = { 0 };

        (void) arbiter_foreach_claim(engine_arbiter(m->engine), knob, machine_object(m, place), advise, note_claim, &k);
        return k;
}

static bool has_knob(uint32_t knob, unsigned place)
{
        return (knob == KNOB_RATIO) == (place == PLACE_HOST);
}

/* What no rule names, and is not ours, is looked at when all is at rest: most of the time would go there. */
static bool matters(const struct invariants *v, const struct machine *m, uint32_t knob, unsigned place)
{
        return !m->gone[place] && has_knob(knob, place) && (v->named[knob] || m->knobs[knob][place].ours);
}

void invariants_decided(struct invariants *v, struct machine *m)
{
        struct looking l = { v, m };

        (void) engine_foreach_instance(m->engine, check_instance, &l);
        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (unsigned p = 0; p < N_PLACES; p++) {
                        struct claims real, advised;

                        if (v->trails[k][p].key != m->keys[p])
                                v->trails[k][p] = (struct trail){ .key = m->keys[p],
                                                                  .asked = NAN,
                                                                  .held = m->knobs[k][p].now.number };
                        if (!matters(v, m, k, p))
                                continue;
                        real = claims_on(m, k, p, false);
                        advised = claims_on(m, k, p, true);
                        REQUIRE(m, real.owner == real.best && advised.owner == advised.best,
                                "a knob is not owned by who ranks highest");
                }
        for (size_t i = 0; i < m->decisions.n; i++)
                check_decision(v, m, &m->decisions.items[i]);
}

/* --- when it is done --- */

static void follow(struct trail *t, const struct toy_knob *k)
{
        double now = k->now.number;
        int direction = (now > t->held) - (now < t->held);

        if (k->now.type != TRIMTAB_NUMBER || direction == 0)
                return;
        if (t->direction != 0 && direction != t->direction)
                t->reversals++;
        t->direction = direction;
        t->held = now;
}

void invariants_applied(struct invariants *v, struct machine *m)
{
        for (uint32_t i = 0; i < N_KNOBS; i++)
                for (unsigned p = 0; p < N_PLACES; p++) {
                        const struct toy_knob *k = &m->knobs[i][p];
                        struct claims c;
                        struct trimtab_value taken;

                        if (m->gone[p] || !has_knob(i, p))
                                continue;
                        follow(&v->trails[i][p], k);
                        if (!matters(v, m, i, p) || m->view.now_ns < k->busy_until_ns)
                                continue;
                        c = claims_on(m, i, p, false);
                        if (!c.best)
                                REQUIRE(m, !k->ours || k->kept, "a knob is nobody's and was not put back");
                        if (!c.owner || k->foreign)
                                continue;
                        taken = toy_knob_takes(k, c.owner->value);
                        REQUIRE(m, k->ours && value_equal(&k->now, &taken),
                                "knob %u of place %u (%s) holds %g, and its owner %s wants %g", i, p,
                                k->ours ? "ours" : "not ours", k->now.number, c.owner->holder->rule->name,
                                taken.number);
                }
}

void invariants_at_rest(const struct invariants *v, struct machine *m)
{
        for (uint32_t i = 0; i < N_KNOBS; i++)
                for (unsigned p = 0; p < N_PLACES; p++) {
                        const struct toy_knob *k = &m->knobs[i][p];

                        if (m->gone[p] || !has_knob(i, p))
                                continue;
                        REQUIRE(m, !claims_on(m, i, p, false).best && !claims_on(m, i, p, true).best,
                                "knob %u of %u is still claimed", i, p);
                        REQUIRE(m, k->kept || !k->ours, "knob %u of %u was not put back", i, p);
                }
}
