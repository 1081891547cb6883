/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "act/filter.h"
#include "serve/match.h"
#include "serve/view-value.h"
#include "serve/views.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char *const type_names[] = {
        [TRIMTAB_NUMBER] = "number",
        [TRIMTAB_CPULIST] = "cpulist",
        [TRIMTAB_CHOICE] = "choice",
        [TRIMTAB_TEXT] = "text",
};

static void begin_knob(const struct views *v, const struct knob *k, struct rows *ret)
{
        rows_begin(ret);
        rows_string(ret, "name", k->name);
        rows_string(ret, "scope", objects_scope_name(v->objects, k->scope));
        rows_string(ret, "type", k->type < ELEMENTSOF(type_names) ? type_names[k->type] : NULL);
        rows_string(ret, "unit", k->unit);
        if (k->type == TRIMTAB_NUMBER) {
                rows_number(ret, "min", k->min);
                rows_number(ret, "max", k->max);
                rows_bool(ret, "unlimited", k->flags & TRIMTAB_KNOB_MAX);
        }
        if (k->choices)
                rows_strings(ret, "choices", (const char *const *) k->choices);
        rows_string(ret, "property", k->unit_property);
        rows_string(ret, "help", k->help);
}

void view_add_value(struct rows *ret, const char *field, const struct trimtab_value *value)
{
        if (value->type == TRIMTAB_NUMBER)
                rows_number(ret, field, value->number);
        else
                rows_string(ret, field, value->text);
}

/* Why there is no value. */
static const char *reason_of(int error)
{
        if (error == -ENOENT)
                return "this object does not have it";
        if (error == -EOPNOTSUPP)
                return "this machine does not have it";
        return strerror(-error);
}

void view_add_values(const struct views *v, const struct knob *k, const struct object *object,
                     struct rows *ret)
{
        struct trimtab_value value;
        int r;

        r = actor_current(v->actor, k, object, &value);
        if (r < 0) {
                rows_string(ret, "reason", reason_of(r));
                return;
        }
        view_add_value(ret, "value", &value);

        if (actor_original(v->actor, k, object, &value) >= 0)
                view_add_value(ret, "original", &value);
}

const struct ledger_entry *view_find_entry(const struct views *v, const struct knob *k, const char *full_name)
{
        const struct ledger_entry *const *entries;
        size_t n;

        entries = ledger_entries(v->ledger, &n);
        for (size_t i = 0; i < n; i++)
                if (streq(entries[i]->knob, k->name) && streq(entries[i]->object, full_name))
                        return entries[i];
        return NULL;
}

int view_add_via(const struct ledger_entry *entry, struct rows *ret)
{
        _cleanup_free_ char *via = NULL;

        if (entry->target.kind == TARGET_UNIT)
                via = str_printf("unit %s %s", entry->target.unit, entry->target.property);
        else
                via = strdup(entry->target.path);
        if (!via)
                return -ENOMEM;

        rows_string(ret, "via", via);
        return 0;
}

/* One knob of one object. 1: it is in *ret; 0: nobody asked for it by name, and it is as it always was. */
static int add_object(const struct views *v, const struct knob *k, const struct object *object, bool asked,
                      struct rows *ret)
{
        const char *owner = NULL, *shadowed = NULL;
        const struct ledger_entry *entry;
        _cleanup_free_ char *full = NULL;
        int r;

        full = objects_full_name(v->objects, object->id);
        if (!full)
                return -ENOMEM;

        entry = view_find_entry(v, k, full);
        r = engine_owner(v->engine, k->number, object->id, &owner, &shadowed);
        if (!asked && !entry && r < 0)
                return 0;

        begin_knob(v, k, ret);
        rows_string(ret, "object", full);
        view_add_values(v, k, object, ret);
        rows_bool(ret, "changed", entry != NULL);
        if (r >= 0) {
                rows_string(ret, "owner", owner);
                rows_string(ret, "shadowed", shadowed);
        }
        if (entry) {
                r = view_add_via(entry, ret);
                if (r < 0)
                        return r;
        }
        return 1;
}

static int add_knob(const struct views *v, const struct knob *k, const char *object_glob, struct rows *ret)
{
        bool asked = match_given(object_glob), any = false;
        const struct object *const *objects;
        size_t n;
        int r;

        objects = objects_of_scope(v->objects, k->scope, &n);
        for (size_t i = 0; i < n; i++) {
                if (!match_object(object_glob, v->objects, objects[i]))
                        continue;
                r = add_object(v, k, objects[i], asked, ret);
                if (r < 0)
                        return r;
                any = any || r > 0;
        }

        if (!any && !asked)
                begin_knob(v, k, ret);
        return 0;
}

static bool match_entry(const char *object_glob, const struct ledger_entry *e)
{
        const char *colon = strchr(e->object, ':');

        return match_name(object_glob, e->object) || (colon && match_name(object_glob, colon + 1));
}

/* What of the ledger is no knob of any plugin's: programs at tc's ingress. */
static int add_filter(const struct ledger_entry *e, struct rows *ret)
{
        _cleanup_free_ char *there = NULL;
        struct tc_place place;

        if (tc_place_parse(e->target.path, &place) >= 0)
                there = filter_there(&place);
        rows_begin(ret);
        rows_string(ret, "name", e->knob);
        rows_string(ret, "type", type_names[TRIMTAB_TEXT]);
        rows_string(ret, "help", "a filter of clsact that the plugin uses: it is taken off when the daemon ends");
        rows_string(ret, "object", e->object);
        rows_string(ret, "value", there);
        rows_string(ret, "original", e->original);
        rows_bool(ret, "changed", true);
        return view_add_via(e, ret);
}

static int add_filters(const struct views *v, const char *name_glob, const char *object_glob, struct rows *ret)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(v->ledger, &n);

        for (size_t i = 0; i < n; i++) {
                const struct ledger_entry *e = entries[i];
                bool is_asked = e->target.kind == TARGET_FILTER && e->knob && e->object && match_name(name_glob, e->knob) &&
                                match_entry(object_glob, e);
                int r = is_asked ? add_filter(e, ret) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

int view_knobs(const struct views *v, const char *name_glob, const char *object_glob, struct rows *ret)
{
        int r;

        for (uint32_t i = 0; i < catalogue_n_knobs(v->catalogue); i++) {
                const struct knob *k = catalogue_knob_at(v->catalogue, i);

                if (!k->plugin || !match_name(name_glob, k->name))
                        continue;
                r = add_knob(v, k, object_glob, ret);
                if (r < 0)
                        return r;
        }

        r = add_filters(v, name_glob, object_glob, ret);
        return r < 0 ? r : ret->error;
}
