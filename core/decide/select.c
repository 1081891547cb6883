/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/select.h"

#include <errno.h>
#include <string.h>

#include "decide/match.h"
#include "decide/rule.h"
#include "util/ownership.h"
#include "util/str.h"

bool selector_equal(const struct selector *a, const struct selector *b)
{
        return a->kind == b->kind && a->scope == b->scope && streq(a->pattern ?: "", b->pattern ?: "");
}

int selector_copy(const struct selector *from, struct selector *ret)
{
        struct selector s = *from;

        s.pattern = from->pattern ? strdup(from->pattern) : NULL;
        s.text = from->text ? strdup(from->text) : NULL;
        if ((from->pattern && !s.pattern) || (from->text && !s.text)) {
                selector_clear(&s);
                return -ENOMEM;
        }

        *ret = s;
        return 0;
}

void selector_clear(struct selector *s)
{
        free(s->pattern);
        free(s->text);
        *s = (struct selector){ 0 };
}

const struct object *select_self(const struct context *c, uint32_t scope)
{
        if (c->self.scope == scope)
                return objects_get(c->view->objects, c->self);
        if (c->self.scope == SCOPE_HOST && scope == SCOPE_CGROUP)
                return objects_by_name(c->view->objects, scope, "/");
        return NULL;
}

static const struct object *select_host(const struct context *c, uint32_t scope)
{
        if (scope == SCOPE_CGROUP)
                return objects_by_name(c->view->objects, scope, "/");
        if (scope == SCOPE_HOST)
                return objects_get(c->view->objects, (struct oid){ SCOPE_HOST, TRIMTAB_HOST_OBJECT });
        return NULL;
}

const struct object *select_one(const struct selector *s, const struct context *c, uint32_t scope)
{
        const struct object *self;

        switch (s->kind) {
        case SELECT_SELF:
                return select_self(c, scope);
        case SELECT_PARENT:
                self = select_self(c, scope);
                return self ? objects_parent(c->view->objects, self) : NULL;
        case SELECT_HOST:
                return select_host(c, scope);
        case SELECT_NAMED:
                return objects_by_name(c->view->objects, s->scope, s->pattern);
        case SELECT_SIBLINGS:
        case SELECT_CHILDREN:
        case SELECT_GLOB:
                return c->each;
        }
        return NULL;
}

/* The length of the name of the object above: that of "/a" for "/a/b", of "" for "/a"; SIZE_MAX: nothing
 * above. */
static size_t parent_length(const char *name)
{
        const char *slash = strrchr(name, '/');

        return !slash || slash[1] == '\0' ? SIZE_MAX : (size_t) (slash - name);
}

struct family {
        const struct context *context;
        int (*cb)(void *userdata, const struct object *object);
        void *userdata;
};

/* Every object right below the first `length` bytes of name; of a scope with no tree, every object. */
static int foreach_below(const struct family *f, uint32_t scope, const char *name, size_t length)
{
        const struct object *const *all;
        size_t n;
        int r;

        all = objects_of_scope(f->context->view->objects, scope, &n);
        for (size_t i = 0; i < n; i++) {
                if (parent_length(all[i]->name) != length)
                        continue;
                if (length != SIZE_MAX && strncmp(all[i]->name, name, length) != 0)
                        continue;
                r = f->cb(f->userdata, all[i]);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* @siblings: neither the object itself, nor any other that the rule is for, nor what is protected. */
static int visit_sibling(void *userdata, const struct object *object)
{
        const struct family *f = userdata;
        const struct context *c = f->context;

        if (oid_equal(object->id, c->self))
                return 0;
        if (c->rule->match.scope == object->id.scope && matcher_matches(&c->rule->match, object->name))
                return 0;
        if (object_is_protected(c->view, object))
                return 0;
        return f->cb(f->userdata, object);
}

int select_foreach(const struct selector *s, const struct context *c, uint32_t scope,
                   int (*cb)(void *userdata, const struct object *object), void *userdata)
{
        struct family f = { .context = c, .cb = cb, .userdata = userdata };
        struct family siblings = { .context = c, .cb = visit_sibling, .userdata = &f };
        const struct object *one;

        switch (s->kind) {
        case SELECT_SELF:
        case SELECT_PARENT:
        case SELECT_HOST:
        case SELECT_NAMED:
                one = select_one(s, c, scope);
                return one ? cb(userdata, one) : 0;
        case SELECT_SIBLINGS:
                one = select_self(c, scope);
                /* The root of a tree is alone; without a tree all others are siblings. */
                if (!one || streq(one->name, "/"))
                        return 0;
                return foreach_below(&siblings, scope, one->name, parent_length(one->name));
        case SELECT_CHILDREN:
                one = select_self(c, scope);
                if (!one || one->name[0] != '/')
                        return 0;
                return foreach_below(&f, scope, one->name, streq(one->name, "/") ? 0 : strlen(one->name));
        case SELECT_GLOB:
                return pattern_foreach(s->pattern, s->scope, c->view->objects, cb, userdata);
        }
        return 0;
}

bool object_is_protected(const struct view *view, const struct object *object)
{
        _cleanup_free_ char *name = NULL;
        char *slash;

        if (!view->protect || object->id.scope != SCOPE_CGROUP)
                return false;

        name = strdup(object->name);
        if (!name)
                return true; /* out of memory: touch nothing */

        /* What is below a protected cgroup is part of it. */
        do {
                for (const char *const *glob = view->protect; *glob; glob++)
                        if (pattern_matches(*glob, name))
                                return true;
                slash = strrchr(name, '/');
                if (slash)
                        *slash = '\0';
        } while (slash && name[0] != '\0');
        return false;
}

bool object_holds_protected(const struct view *view, const struct object *object)
{
        const char *prefix = streq(object->name, "/") ? "" : object->name;
        const struct object *const *all;
        size_t n;

        if (!view->protect || object->id.scope != SCOPE_CGROUP)
                return false;

        all = objects_of_scope(view->objects, SCOPE_CGROUP, &n);
        for (size_t i = 0; i < n; i++) {
                const char *below = startswith(all[i]->name, prefix);

                if (below && *below == '/' && object_is_protected(view, all[i]))
                        return true;
        }
        return false;
}
