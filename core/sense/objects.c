/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

struct entry {
        struct object object;
        UT_hash_handle hh_id, hh_name;
};

/* One scope: its objects by key and by name, and in the order of their names for those who walk. */
struct scope {
        char *name;
        struct entry *by_id;   /* key -> entry */
        struct entry *by_name; /* name -> entry */
        const struct object **sorted;
        size_t n_sorted;
        bool sorted_stale;
};

struct objects {
        struct scope *scopes;
        size_t n_scopes;
        uint64_t generation;
};

static const char *const builtin_scopes[SCOPE_BUILTIN_MAX] = {
        [SCOPE_HOST] = "host",   [SCOPE_CPU] = "cpu",     [SCOPE_CGROUP] = "cgroup",
        [SCOPE_BLOCK] = "block", [SCOPE_IFACE] = "iface", [SCOPE_IRQ] = "irq",
};

static void entry_free(struct entry *e)
{
        if (!e)
                return;
        free(e->object.name);
        free(e->object.path);
        free(e);
}

DEFINE_CLEANUP(struct entry *, entry_free);
DEFINE_CLEANUP(struct objects *, objects_free);

int objects_new(struct objects **ret)
{
        _cleanup_(objects_freep) struct objects *o = calloc(1, sizeof(*o));
        int r;

        if (!o)
                return -ENOMEM;

        for (size_t i = 0; i < SCOPE_BUILTIN_MAX; i++) {
                r = objects_scope_add(o, builtin_scopes[i]);
                if (r < 0)
                        return r;
        }

        r = objects_add(o, (struct oid) { SCOPE_HOST, 0 }, "", "/");
        if (r < 0)
                return r;

        *ret = TAKE(o);
        return 0;
}

static void scope_clear(struct scope *s)
{
        struct entry *e, *next;

        HASH_CLEAR(hh_name, s->by_name);
        HASH_ITER(hh_id, s->by_id, e, next) {
                HASH_DELETE(hh_id, s->by_id, e);
                entry_free(e);
        }
        free(s->sorted);
        free(s->name);
}

struct objects *objects_free(struct objects *o)
{
        if (!o)
                return NULL;
        for (size_t i = 0; i < o->n_scopes; i++)
                scope_clear(&o->scopes[i]);
        free(o->scopes);
        free(o);
        return NULL;
}

int objects_scope_find(const struct objects *o, const char *name, size_t length)
{
        for (size_t i = 0; i < o->n_scopes; i++)
                if (strlen(o->scopes[i].name) == length && memcmp(o->scopes[i].name, name, length) == 0)
                        return (int) i;
        return -ENOENT;
}

int objects_scope_add(struct objects *o, const char *name)
{
        _cleanup_free_ char *copy = NULL;
        int r;

        r = objects_scope_find(o, name, strlen(name));
        if (r >= 0)
                return r;

        copy = strdup(name);
        if (!copy || array_reserve(&o->scopes, o->n_scopes, sizeof(*o->scopes)) < 0)
                return -ENOMEM;

        o->scopes[o->n_scopes] = (struct scope) { .name = TAKE(copy) };
        return (int) o->n_scopes++;
}

const char *objects_scope_name(const struct objects *o, uint32_t scope)
{
        return scope < o->n_scopes ? o->scopes[scope].name : NULL;
}

static struct entry *entry_find(const struct objects *o, struct oid id)
{
        struct entry *e = NULL;

        if (id.scope < o->n_scopes)
                HASH_FIND(hh_id, o->scopes[id.scope].by_id, &id.key, sizeof(id.key), e);
        return e;
}

static void entry_unlink(struct objects *o, struct scope *s, struct entry *e)
{
        struct entry *named = NULL;

        /* A newer object may have taken the name over (a cgroup made again before we saw the old one go). */
        HASH_FIND(hh_name, s->by_name, e->object.name, strlen(e->object.name), named);
        if (named == e)
                HASH_DELETE(hh_name, s->by_name, e);
        HASH_DELETE(hh_id, s->by_id, e);
        s->sorted_stale = true;
        o->generation++;
}

int objects_add(struct objects *o, struct oid id, const char *name, const char *path)
{
        _cleanup_(entry_freep) struct entry *e = NULL;
        struct entry *old, *named = NULL;
        struct scope *s;

        if (id.scope >= o->n_scopes)
                return -ENOENT;
        s = &o->scopes[id.scope];

        old = entry_find(o, id);
        if (old && streq(old->object.name, name) && streq(old->object.path ?: "", path ?: ""))
                return 0;

        e = calloc(1, sizeof(*e));
        if (!e)
                return -ENOMEM;
        e->object.id = id;
        e->object.name = strdup(name);
        e->object.path = path ? strdup(path) : NULL;
        if (!e->object.name || (path && !e->object.path))
                return -ENOMEM;

        if (old) {
                entry_unlink(o, s, old);
                entry_free(old);
        }

        HASH_FIND(hh_name, s->by_name, e->object.name, strlen(e->object.name), named);
        if (named)
                HASH_DELETE(hh_name, s->by_name, named);
        HASH_ADD_KEYPTR(hh_name, s->by_name, e->object.name, strlen(e->object.name), e);
        HASH_ADD(hh_id, s->by_id, object.id.key, sizeof(e->object.id.key), e);
        s->sorted_stale = true;
        o->generation++;
        TAKE(e);
        return 0;
}

int objects_remove(struct objects *o, struct oid id)
{
        struct entry *e = entry_find(o, id);

        if (!e)
                return -ENOENT;
        entry_unlink(o, &o->scopes[id.scope], e);
        entry_free(e);
        return 0;
}

const struct object *objects_get(const struct objects *o, struct oid id)
{
        const struct entry *e = entry_find(o, id);

        return e ? &e->object : NULL;
}

const struct object *objects_by_name(const struct objects *o, uint32_t scope, const char *name)
{
        struct entry *e = NULL;

        if (scope < o->n_scopes)
                HASH_FIND(hh_name, o->scopes[scope].by_name, name, strlen(name), e);
        return e ? &e->object : NULL;
}

uint64_t objects_generation(const struct objects *o)
{
        return o->generation;
}

static int compare_names(const void *a, const void *b)
{
        const struct object *const *x = a, *const *y = b;
        int r = strverscmp((*x)->name, (*y)->name);

        return r ? r : ((*x)->id.key > (*y)->id.key) - ((*x)->id.key < (*y)->id.key);
}

const struct object *const *objects_of_scope(const struct objects *o, uint32_t scope, size_t *ret_n)
{
        const struct object **sorted;
        struct entry *e, *next;
        struct scope *s;
        size_t n = 0;

        *ret_n = 0;
        if (scope >= o->n_scopes)
                return NULL;

        s = &o->scopes[scope];
        if (s->sorted_stale) {
                sorted = reallocarray(s->sorted, HASH_CNT(hh_id, s->by_id) + 1, sizeof(*sorted));
                if (!sorted)
                        return NULL;
                HASH_ITER(hh_id, s->by_id, e, next)
                        sorted[n++] = &e->object;
                qsort(sorted, n, sizeof(*sorted), compare_names);
                s->sorted = sorted;
                s->n_sorted = n;
                s->sorted_stale = false;
        }

        *ret_n = s->n_sorted;
        return s->sorted;
}

const struct object *objects_parent(const struct objects *o, const struct object *object)
{
        _cleanup_free_ char *up = NULL;
        char *slash;

        slash = strrchr(object->name, '/');
        if (!slash || slash[1] == '\0')
                return NULL;

        up = slash == object->name ? strdup("/") : strndup(object->name, (size_t) (slash - object->name));
        return up ? objects_by_name(o, object->id.scope, up) : NULL;
}

char *objects_full_name(const struct objects *o, struct oid id)
{
        const struct object *object = objects_get(o, id);
        const char *scope = objects_scope_name(o, id.scope);

        if (!object)
                return str_printf("%s:#%" PRIu64, scope ?: "?", id.key);
        if (object->name[0] == '\0')
                return strdup(scope);
        return str_printf("%s:%s", scope, object->name);
}

bool object_name_matches(const char *pattern, const char *name)
{
        return fnmatch(pattern, name, FNM_PATHNAME) == 0;
}
