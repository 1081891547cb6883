/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/match.h"

#include <errno.h>
#include <string.h>

#include "util/array.h"
#include "util/ownership.h"

int matcher_add(struct matcher *m, const char *glob, size_t length, bool exclude)
{
        _cleanup_free_ char *copy = strndup(glob, length);

        if (!copy || array_reserve(&m->patterns, m->n, sizeof(*m->patterns)) < 0)
                return -ENOMEM;

        m->patterns[m->n++] = (struct pattern){ .glob = TAKE(copy), .exclude = exclude };
        return 0;
}

void matcher_clear(struct matcher *m)
{
        for (size_t i = 0; i < m->n; i++)
                free(m->patterns[i].glob);
        free(m->patterns);
        *m = (struct matcher){ 0 };
}

bool pattern_is_name(const char *glob)
{
        return !strchr(glob, '*');
}

bool pattern_matches(const char *glob, const char *name)
{
        return object_name_matches(glob, name);
}

bool matcher_matches(const struct matcher *m, const char *name)
{
        bool matches = false;

        /* An exclusion counts wherever it stands in the list. */
        for (size_t i = 0; i < m->n; i++) {
                if (!pattern_matches(m->patterns[i].glob, name))
                        continue;
                if (m->patterns[i].exclude)
                        return false;
                matches = true;
        }
        return matches;
}

int pattern_foreach(const char *glob, uint32_t scope, const struct objects *objects,
                    int (*cb)(void *userdata, const struct object *object), void *userdata)
{
        const struct object *const *all, *named;
        size_t n, fixed;
        int r;

        if (pattern_is_name(glob)) {
                named = objects_by_name(objects, scope, glob);
                return named ? cb(userdata, named) : 0;
        }

        /* Most objects of a large machine differ before the first *: spare them the real comparison. */
        fixed = strcspn(glob, "*");
        all = objects_of_scope(objects, scope, &n);
        for (size_t i = 0; i < n; i++) {
                if (strncmp(all[i]->name, glob, fixed) != 0 || !object_name_matches(glob, all[i]->name))
                        continue;
                r = cb(userdata, all[i]);
                if (r != 0)
                        return r;
        }
        return 0;
}

struct walk {
        const struct matcher *matcher;
        size_t pattern;
        int (*cb)(void *userdata, const struct object *object);
        void *userdata;
};

static int visit(void *userdata, const struct object *object)
{
        const struct walk *w = userdata;

        /* Once for each object: the first pattern that matches it brings it. */
        for (size_t i = 0; i < w->pattern; i++)
                if (!w->matcher->patterns[i].exclude &&
                    pattern_matches(w->matcher->patterns[i].glob, object->name))
                        return 0;

        return matcher_matches(w->matcher, object->name) ? w->cb(w->userdata, object) : 0;
}

int matcher_foreach(const struct matcher *m, const struct objects *objects,
                    int (*cb)(void *userdata, const struct object *object), void *userdata)
{
        struct walk w = { .matcher = m, .cb = cb, .userdata = userdata };
        int r;

        for (w.pattern = 0; w.pattern < m->n; w.pattern++) {
                if (m->patterns[w.pattern].exclude)
                        continue;
                r = pattern_foreach(m->patterns[w.pattern].glob, m->scope, objects, visit, &w);
                if (r != 0)
                        return r;
        }
        return 0;
}
