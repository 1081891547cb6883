/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SELECT_H
#define TRIMTAB_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/view.h"

/* Object selectors: @self, @parent, @siblings, @children, @host, @scope:pattern. */

enum select_kind {
        SELECT_SELF,
        SELECT_PARENT,
        SELECT_HOST,
        SELECT_NAMED,    /* @scope:name */
        SELECT_SIBLINGS, /* from here on: several objects */
        SELECT_CHILDREN,
        SELECT_GLOB, /* @scope:pattern */
};

struct selector {
        enum select_kind kind;
        uint32_t scope; /* SELECT_NAMED, SELECT_GLOB */
        char *pattern;  /* these two */
        char *text;     /* as written, "@siblings"; NULL: none was written, @self */
};

struct rule;

/* From where a selector is looked at. */
struct context {
        const struct view *view;
        const struct rule *rule; /* its `for` shapes @siblings */
        struct oid self;
        const struct object *each; /* inside an aggregate: the one object of several that it is about now */
        struct store_hint *hints;  /* where the leaves of the expression were found, for each; NULL: not kept */
};

static inline bool selector_is_many(const struct selector *s)
{
        return s->kind >= SELECT_SIBLINGS;
}

bool selector_equal(const struct selector *a, const struct selector *b);
int selector_copy(const struct selector *from, struct selector *ret);
void selector_clear(struct selector *s);

/* What @self is in that scope: itself, or, for a rule of the host, the root cgroup. NULL: none. */
const struct object *select_self(const struct context *c, uint32_t scope);

/* The one object in that scope; in an aggregate, a selector of several means the one at hand. NULL: there is
 * none now. */
const struct object *select_one(const struct selector *s, const struct context *c, uint32_t scope);

/* All objects in that scope, one or several. Stops and returns what cb returns when that is not 0. */
int select_foreach(const struct selector *s, const struct context *c, uint32_t scope,
                   int (*cb)(void *userdata, const struct object *object), void *userdata);

/* Whether this object or a cgroup above it is protected. */
bool object_is_protected(const struct view *view, const struct object *object);

/* Whether a cgroup below this one is protected. */
bool object_holds_protected(const struct view *view, const struct object *object);

#endif
