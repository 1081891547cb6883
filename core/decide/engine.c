/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "decide/expr-print.h"
#include "decide/runner.h"
#include "decide/wants.h"
#include "util/ownership.h"
#include "util/str.h"

struct engine {
        struct ruleset *set;
        struct runner *runners; /* one for each rule, in their order */
        size_t n;
        struct arbiter *arbiter;
        bool matched; /* the instances are those of this generation of the registry */
        uint64_t generation;
        struct wants wants; /* of these instances, unless stale */
        bool wants_stale;
        uint64_t wants_serial; /* counts how often they were made anew */
        uint64_t now_ns;                   /* of the last tick */
        const struct catalogue *catalogue; /* likewise: to show what was measured then */
};

DEFINE_CLEANUP(struct engine *, engine_free);

int engine_new(struct engine **ret)
{
        _cleanup_(engine_freep) struct engine *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        r = arbiter_new(&e->arbiter);
        if (r < 0)
                return r;
        *ret = TAKE(e);
        return 0;
}

struct engine *engine_free(struct engine *e)
{
        if (!e)
                return NULL;
        for (size_t i = 0; i < e->n; i++)
                runner_clear(&e->runners[i], e->arbiter, "");
        free(e->runners);
        wants_clear(&e->wants);
        arbiter_free(e->arbiter);
        ruleset_free(e->set);
        free(e);
        return NULL;
}

/* Read anew and nothing changed: neither what it says nor whether it can run. */
static bool same_rule(const struct rule *a, const struct rule *b)
{
        return streq(a->name, b->name) && streq(a->text, b->text) && !a->waits_for == !b->waits_for;
}

static struct runner *runner_like(struct engine *e, const struct rule *rule)
{
        for (size_t i = 0; i < e->n; i++)
                if (same_rule(e->runners[i].rule, rule))
                        return &e->runners[i];
        return NULL;
}

int engine_set_rules(struct engine *e, struct ruleset *set)
{
        size_t n = ruleset_n(set);
        struct runner *runners = calloc(n + 1, sizeof(*runners));
        int r = 0;

        for (size_t i = 0; runners && r >= 0 && i < n; i++) {
                struct runner *old = runner_like(e, ruleset_at(set, i));

                runners[i] = runner_of(ruleset_at(set, i));
                if (old)
                        r = runner_adopt(&runners[i], old);
        }
        if (!runners || r < 0) {
                for (size_t i = 0; runners && i < n; i++)
                        runner_clear(&runners[i], e->arbiter, "out of memory");
                free(runners);
                ruleset_free(set);
                return -ENOMEM;
        }

        for (size_t i = 0; i < e->n; i++)
                runner_clear(&e->runners[i], e->arbiter, "the rule is gone or was changed");
        free(e->runners);
        ruleset_free(e->set);
        e->set = set;
        e->runners = runners;
        e->n = n;
        e->matched = false;
        return 0;
}

const struct ruleset *engine_rules(const struct engine *e)
{
        return e->set;
}

static int match_all(struct engine *e, const struct objects *objects)
{
        e->wants_stale = true;
        for (size_t i = 0; i < e->n; i++) {
                int r = runner_match(&e->runners[i], objects, e->arbiter);

                if (r < 0)
                        return r;
        }
        return 0;
}

struct change {
        struct engine *engine;
        const struct objects *objects;
};

static int match_one(void *userdata, struct oid id)
{
        const struct change *c = userdata;
        struct engine *e = c->engine;
        const struct object *object = objects_get(c->objects, id);

        for (size_t i = 0; i < e->n; i++) {
                int r = runner_match_one(&e->runners[i], id, object, e->arbiter);

                if (r < 0)
                        return r;
                if (r > 0 || e->runners[i].looks_around)
                        e->wants_stale = true;
        }
        return 0;
}

/* Objects come and go, and rules with them. On a large machine some always do: then only these are looked at. */
int engine_match(struct engine *e, const struct view *view)
{
        struct change change = { .engine = e, .objects = view->objects };
        uint64_t generation = objects_generation(view->objects);
        int r = -ESTALE;

        if (e->matched && e->generation == generation)
                return 0;

        arbiter_forget_gone(e->arbiter, view->objects);
        if (e->matched)
                r = objects_foreach_change(view->objects, e->generation, match_one, &change);
        if (r == -ESTALE)
                r = match_all(e, view->objects);
        if (r < 0)
                return r;
        e->matched = true;
        e->generation = generation;
        return 0;
}

/* On a large machine deciding is waiting for memory: while one instance looks, this many after it are fetched. */
enum { AHEAD = 4 };

int engine_tick(struct engine *e, const struct view *view, struct decisions *ret)
{
        int r;

        e->now_ns = view->now_ns;
        e->catalogue = view->catalogue;

        r = engine_match(e, view);
        if (r < 0)
                return r;

        for (size_t i = 0; i < e->n; i++)
                for (size_t k = 0; k < e->runners[i].n; k++) {
                        if (k + AHEAD < e->runners[i].n)
                                instance_expect(e->runners[i].instances[k + AHEAD]);
                        r = instance_tick(e->runners[i].instances[k], view, e->arbiter);
                        if (r < 0)
                                return r;
                }
        return arbiter_decide(e->arbiter, view, ret);
}

void engine_outcome(struct engine *e, uint32_t knob, struct oid object, int error,
                    const struct trimtab_value *effective)
{
        arbiter_outcome(e->arbiter, knob, object, error, effective);
}

static bool holds(const struct instance *i, const struct oid *object)
{
        for (const struct claim *c = i->holder.claims; c; c = c->next_of_holder)
                if (oid_equal(c->object, *object))
                        return true;
        return false;
}

void engine_release(struct engine *e, const char *rule, const struct oid *object, uint64_t rest_until_ns)
{
        for (size_t i = 0; i < e->n; i++) {
                struct runner *r = &e->runners[i];

                if (rule && !streq(r->rule->name, rule))
                        continue;
                for (size_t k = 0; k < r->n; k++)
                        if (!object || oid_equal(r->instances[k]->object, *object) ||
                            holds(r->instances[k], object))
                                instance_release(r->instances[k], e->arbiter, e->now_ns, rest_until_ns);
        }
}

static bool claims(const struct instance *i, uint32_t knob, const struct oid *object)
{
        for (const struct claim *c = i->holder.claims; c; c = c->next_of_holder)
                if (c->knob == knob && (!object || oid_equal(c->object, *object)))
                        return true;
        return false;
}

void engine_release_knob(struct engine *e, uint32_t knob, const struct oid *object, uint64_t rest_until_ns)
{
        for (size_t i = 0; i < e->n; i++)
                for (size_t k = 0; k < e->runners[i].n; k++)
                        if (claims(e->runners[i].instances[k], knob, object))
                                instance_release(e->runners[i].instances[k], e->arbiter, e->now_ns,
                                                 rest_until_ns);
}

/* Made anew only when they can have changed. */
static int gather_wants(struct engine *e, const struct view *view)
{
        int r;

        r = engine_match(e, view);
        if (r < 0 || !e->wants_stale)
                return r;

        wants_clear(&e->wants);
        for (size_t i = 0; r >= 0 && i < e->n; i++)
                r = wants_add(&e->wants, &e->runners[i], view);
        if (r < 0) {
                wants_clear(&e->wants);
                return r;
        }
        wants_merge(&e->wants);
        e->wants_stale = false;
        e->wants_serial++;
        return 0;
}

int engine_wants_serial(struct engine *e, const struct view *view, uint64_t *ret)
{
        int r = gather_wants(e, view);

        *ret = e->wants_serial;
        return r;
}

int engine_wants(struct engine *e, const struct view *view,
                 int (*cb)(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns),
                 void *userdata)
{
        int r;

        r = gather_wants(e, view);
        for (size_t i = 0; r == 0 && i < e->wants.n; i++) {
                const struct want *w = &e->wants.items[i];

                r = cb(userdata, w->metric, w->object, w->window_ns);
        }
        return r;
}

const char *phase_name(enum phase p)
{
        static const char *const names[] = {
                [PHASE_IDLE] = "idle",         [PHASE_HOLDING] = "holding", [PHASE_ACTIVE] = "active",
                [PHASE_CLEARING] = "clearing", [PHASE_EASING] = "easing",   [PHASE_RESTING] = "resting",
        };

        return names[p];
}

static int show(const struct engine *e, const struct instance *i,
                int (*cb)(void *userdata, const struct instance_info *info), void *userdata)
{
        char buffer[512];
        struct instance_info info = {
                .rule = i->holder.rule,
                .object = i->object,
                .phase = i->phase,
                .since_ns = i->since_ns,
                .when = i->when,
                .actions = i->actions,
                .measured = buffer,
                .waits_for = i->obstacle,
        };
        struct text measured;

        text_init(&measured, buffer, sizeof(buffer));
        if (e->catalogue)
                text_add_seen(&measured, &i->holder.rule->when, i->seen, e->catalogue);
        return cb(userdata, &info);
}

int engine_foreach_instance(const struct engine *e,
                            int (*cb)(void *userdata, const struct instance_info *info), void *userdata)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < e->n; i++) {
                const struct runner *runner = &e->runners[i];
                struct instance_info none = {
                        .rule = runner->rule,
                        .object = { .scope = runner->rule->match.scope, .key = UINT64_MAX },
                        .when = TRUTH_UNKNOWN,
                        .measured = "",
                        .waits_for = runner->rule->waits_for,
                };

                if (runner->n == 0)
                        r = cb(userdata, &none);
                for (size_t k = 0; r == 0 && k < runner->n; k++)
                        r = show(e, runner->instances[k], cb, userdata);
        }
        return r;
}

int engine_foreach_state(const struct engine *e,
                         int (*cb)(void *userdata, const struct rule *rule, const struct instance *instance),
                         void *userdata)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < e->n; i++) {
                const struct runner *runner = &e->runners[i];

                if (runner->n == 0)
                        r = cb(userdata, runner->rule, NULL);
                for (size_t k = 0; r == 0 && k < runner->n; k++)
                        r = cb(userdata, runner->rule, runner->instances[k]);
        }
        return r;
}

const struct arbiter *engine_arbiter(const struct engine *e)
{
        return e->arbiter;
}

int engine_owner(const struct engine *e, uint32_t knob, struct oid object, const char **ret_rule,
                 const char **ret_shadowed)
{
        return arbiter_owner(e->arbiter, knob, object, ret_rule, ret_shadowed);
}
