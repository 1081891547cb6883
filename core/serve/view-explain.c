/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/explain.h"
#include "decide/select.h"
#include "serve/view-explain.h"
#include "serve/view-value.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Which values are in question, and what is told of each. The rules are told in view-explain-rules.c. */

static int add_claim(void *userdata, const struct explained_claim *c)
{
        struct explaining *x = userdata;
        _cleanup_free_ char *object = objects_full_name(x->views->objects, c->object);

        rows_begin(&x->inner);
        rows_string(&x->inner, "rule", c->rule->name);
        rows_string(&x->inner, "object", object);
        rows_string(&x->inner, "file", c->rule->path);
        rows_uint(&x->inner, "line", c->rule->line);
        rows_number(&x->inner, "priority", c->rule->priority);
        rows_bool(&x->inner, "in_force", c->owner);
        rows_bool(&x->inner, "advised", c->advise);
        view_add_value(&x->inner, "wants", &c->value);
        rows_string(&x->inner, "unit", x->knob->unit);
        rows_string(&x->inner, "reason", c->reason);
        return object ? x->inner.error : -ENOMEM;
}

/* How long this knob is left alone, because of somebody else or after refusals. */
static void add_rest(const struct explaining *x, const struct knob *k, struct oid object)
{
        uint64_t until_ns = actor_rests_until(x->views->actor, k, object), now_ns = x->views->now_ns;

        if (until_ns > now_ns)
                rows_number(x->values, "rests_s", (double) (until_ns - now_ns) / (double) NSEC_PER_SEC);
}

static int add_value(struct explaining *x, const struct knob *k, const struct object *object,
                     const char *full)
{
        const struct ledger_entry *entry = view_find_entry(x->views, k, full);
        const struct event *last = events_latest(x->views->events, full, k->name);
        int r;

        x->knob = k;
        rows_begin(x->values);
        rows_string(x->values, "knob", k->name);
        rows_string(x->values, "object", full);
        rows_string(x->values, "unit", k->unit);
        rows_string(x->values, "property", k->unit_property);
        view_add_values(x->views, k, object, x->values);
        rows_bool(x->values, "changed", entry != NULL);
        rows_bool(x->values, "deed", k->flags & TRIMTAB_KNOB_ACTION);
        rows_bool(x->values, "protected", object_is_protected(&x->views->world, object));
        if (entry) {
                rows_string(x->values, "at_exit", entry->keep ? "keep" : "restore");
                r = view_add_via(entry, x->values);
                if (r < 0)
                        return r;
        }
        add_rest(x, k, object->id);

        r = explain_claims(x->views->engine, k->number, object->id, add_claim, x);
        rows_rows(x->values, "claims", &x->inner);
        if (last)
                view_add_event(last, &x->inner);
        rows_rows(x->values, "last", &x->inner);
        return r < 0 ? r : x->values->error;
}

static int is_claimed_by(void *userdata, const struct explained_claim *c)
{
        const char *rule = userdata;

        return !rule || streq(c->rule->name, rule);
}

/* Whether there is something to say: somebody claims it, it is changed, or something was done to it. With a
 * rule: by that. */
static bool is_in_question(const struct explaining *x, const struct knob *k, const struct object *object,
                           const char *full)
{
        const char *rule = x->subject.rule;
        const struct ledger_entry *entry = view_find_entry(x->views, k, full);
        const struct event *last = events_latest(x->views->events, full, k->name);

        if (explain_claims(x->views->engine, k->number, object->id, is_claimed_by, (void *) rule) > 0)
                return true;
        if (entry && (!rule || (entry->rule && streq(entry->rule, rule))))
                return true;
        return last && (!rule || (last->rule && streq(last->rule, rule)));
}

static int add_value_if(struct explaining *x, const struct knob *k, const struct object *object)
{
        const struct subject *s = &x->subject;
        _cleanup_free_ char *full = objects_full_name(x->views->objects, object->id);

        if (!full)
                return -ENOMEM;
        /* Asked for by knob and object, it is told in any case. */
        if (!(s->knob && s->has_object) && !is_in_question(x, k, object, full))
                return 0;
        return add_value(x, k, object, full);
}

static int add_values_of_knob(struct explaining *x, const struct knob *k)
{
        const struct subject *s = &x->subject;
        const struct object *const *objects, *one;
        size_t n;
        int r = 0;

        if (s->has_object) {
                one = objects_get(x->views->objects, s->object);
                return one && one->id.scope == k->scope ? add_value_if(x, k, one) : 0;
        }

        objects = objects_of_scope(x->views->objects, k->scope, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_value_if(x, k, objects[i]);
        return r;
}

static int add_values(struct explaining *x)
{
        int r = 0;

        if (x->subject.knob)
                return add_values_of_knob(x, x->subject.knob);

        for (uint32_t i = 0; r >= 0 && i < catalogue_n_knobs(x->views->catalogue); i++)
                if (catalogue_knob_at(x->views->catalogue, i)->plugin)
                        r = add_values_of_knob(x, catalogue_knob_at(x->views->catalogue, i));
        return r;
}

static void add_daemon(const struct views *v, const struct subject *s, const char *what, struct rows *ret)
{
        rows_begin(ret);
        rows_string(ret, "asked", what);
        rows_string(ret, "kind", s->rule ? "rule" : s->knob ? "knob" : "object");
        rows_string(ret, "mode", mode_to_string(v->options->mode));
        view_add_pause(v, ret);
}

int view_explain(const struct views *v, const char *what, struct rows *ret, const char **ret_nearest)
{
        _cleanup_(rows_clear) struct rows values = { 0 }, rules = { 0 };
        struct explaining x = { .views = v, .values = &values, .rules = &rules };
        int r;

        *ret_nearest = NULL;
        r = subject_find(v, what, &x.subject);
        if (r < 0) {
                *ret_nearest = subject_nearest(v, what);
                return r;
        }

        r = add_values(&x);
        if (r >= 0)
                r = view_explain_rules(&x);
        rows_clear(&x.inner);
        if (r < 0)
                return r;

        add_daemon(v, &x.subject, what, ret);
        rows_rows(ret, "values", &values);
        rows_rows(ret, "rules", &rules);
        return ret->error;
}
