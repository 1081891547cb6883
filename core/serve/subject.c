/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/rule.h"
#include "serve/view-explain.h"
#include "util/cleanup.h"
#include "util/str.h"

/* What a person means by a word or two: a rule, a knob, an object, a knob of an object. */

/* "cgroup:/a", "host", and "/a" for the scope that everybody means. */
static int find_object(const struct views *v, const char *name, struct oid *ret)
{
        const char *colon = strchr(name, ':');
        const struct object *object;
        int scope = SCOPE_CGROUP;

        if (name[0] != '/')
                scope = objects_scope_find(v->objects, name, colon ? (size_t) (colon - name) : strlen(name));
        if (scope < 0)
                return -ENOENT;

        object = objects_by_name(v->objects, (uint32_t) scope,
                                 name[0] == '/' ? name
                                 : colon        ? colon + 1
                                                : "");
        if (!object)
                return -ENOENT;
        *ret = object->id;
        return 0;
}

/* A knob of a plugin that is gone keeps its number, and has no name any more. */
static const struct knob *find_knob(const struct views *v, const char *name, size_t length)
{
        const struct knob *k = catalogue_knob(v->catalogue, name, length);

        return k && k->plugin ? k : NULL;
}

int subject_find(const struct views *v, const char *what, struct subject *ret)
{
        const struct ruleset *set = engine_rules(v->engine);
        size_t length = strcspn(what, " @");
        struct subject s = { 0 };
        const char *rest;

        if (set && ruleset_find(set, what)) {
                s.rule = ruleset_find(set, what)->name;
                *ret = s;
                return 0;
        }

        s.knob = find_knob(v, what, length);
        rest = s.knob ? what + length : what;
        rest += strspn(rest, " @");
        if (*rest == '\0') {
                *ret = s;
                return s.knob ? 0 : -ENOENT;
        }
        if (find_object(v, rest, &s.object) < 0)
                return -ENOENT;
        s.has_object = true;
        *ret = s;
        return 0;
}

const char *subject_nearest(const struct views *v, const char *what)
{
        const struct ruleset *set = engine_rules(v->engine);
        size_t n_rules = set ? ruleset_n(set) : 0, n_knobs = catalogue_n_knobs(v->catalogue);
        _cleanup_free_ const char **names = calloc(n_rules + n_knobs + 1, sizeof(*names));

        if (!names)
                return NULL;
        for (size_t i = 0; i < n_rules; i++)
                names[i] = ruleset_at(set, i)->name;
        for (size_t i = 0; i < n_knobs; i++)
                names[n_rules + i] = catalogue_knob_at(v->catalogue, (uint32_t) i)->name;
        return str_nearest(what, names, n_rules + n_knobs);
}
