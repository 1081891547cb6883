/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Up to so many holes in a list are not worth closing before somebody walks. */
enum { HOLES_MAX = 64 };

struct entry {
        struct object object; /* its strings lie behind the entry */
        size_t at;            /* where in the scope's list */
        UT_hash_handle hh_id, hh_name;
};

/*
 * One scope: its objects by key and by name, and in the order of their names for those who walk. What comes is put behind
 * the list and what goes leaves a hole: the next walk sorts in what is new, so that churn never costs a sort of all.
 */
struct scope {
        char *name;
        struct entry *by_id;   /* key -> entry */
        struct entry *by_name; /* name -> entry */
        const struct object **list;
        size_t n_list, n_sorted; /* the first n_sorted are in order */
        size_t n_holes;
};

/* As many as a busy machine has in a tick; who looks less often than that looks at all objects. */
enum { CHANGES_MAX = 4096 };

struct objects {
        struct scope *scopes;
        size_t n_scopes;
        uint64_t generation;
        struct oid changes[CHANGES_MAX]; /* what made each of the last generations */
};

static const char *const builtin_scopes[SCOPE_BUILTIN_MAX] = {
        [SCOPE_HOST] = "host",   [SCOPE_CPU] = "cpu",     [SCOPE_CGROUP] = "cgroup",
        [SCOPE_BLOCK] = "block", [SCOPE_IFACE] = "iface", [SCOPE_IRQ] = "irq",
};

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
                free(e);
        }
        free(s->list);
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

static void note_change(struct objects *o, struct oid id)
{
        o->changes[o->generation++ % CHANGES_MAX] = id;
}

static struct entry *entry_find(const struct objects *o, struct oid id)
{
        struct entry *e = NULL;

        if (id.scope < o->n_scopes)
                HASH_FIND(hh_id, o->scopes[id.scope].by_id, &id.key, sizeof(id.key), e);
        return e;
}

static struct entry *entry_new(struct oid id, const char *name, const char *path)
{
        size_t name_size = strlen(name) + 1, path_size = path ? strlen(path) + 1 : 0;
        struct entry *e = calloc(1, sizeof(*e) + name_size + path_size);
        char *strings = (char *) (e + 1);

        if (!e)
                return NULL;
        e->object.id = id;
        e->object.name = memcpy(strings, name, name_size);
        e->object.path = path ? memcpy(strings + name_size, path, path_size) : NULL;
        return e;
}

static void entry_remove(struct objects *o, struct scope *s, struct entry *e)
{
        struct entry *named = NULL;

        /* A newer object may have taken the name over (a cgroup made again before we saw the old one go). */
        HASH_FIND(hh_name, s->by_name, e->object.name, strlen(e->object.name), named);
        if (named == e)
                HASH_DELETE(hh_name, s->by_name, e);
        HASH_DELETE(hh_id, s->by_id, e);
        s->list[e->at] = NULL;
        s->n_holes++;
        note_change(o, e->object.id);
        free(e);
}

static int compare_names(const void *a, const void *b)
{
        const struct object *const *x = a, *const *y = b;
        int r = strverscmp((*x)->name, (*y)->name);

        return r ? r : ((*x)->id.key > (*y)->id.key) - ((*x)->id.key < (*y)->id.key);
}

/* Closes the holes and sorts what is new in. -ENOMEM: the list is as it was. */
static int put_in_order(struct scope *s)
{
        size_t n_old = 0, n_new, left = 0, right, n = 0;
        const struct object **merged;

        merged = reallocarray(NULL, s->n_list, sizeof(*merged));
        if (!merged)
                return -ENOMEM;

        for (size_t i = 0; i < s->n_sorted; i++)
                if (s->list[i])
                        s->list[n_old++] = s->list[i];
        n_new = n_old;
        for (size_t i = s->n_sorted; i < s->n_list; i++)
                if (s->list[i])
                        s->list[n_new++] = s->list[i];
        qsort(s->list + n_old, n_new - n_old, sizeof(*s->list), compare_names);

        for (right = n_old; left < n_old || right < n_new; n++) {
                bool from_left = right == n_new ||
                                 (left < n_old && compare_names(&s->list[left], &s->list[right]) < 0);

                merged[n] = s->list[from_left ? left++ : right++];
                ((struct entry *) merged[n])->at = n;
        }

        memcpy(s->list, merged, n * sizeof(*merged));
        free(merged);
        s->n_list = s->n_sorted = n;
        s->n_holes = 0;
        return 0;
}

int objects_add(struct objects *o, struct oid id, const char *name, const char *path)
{
        struct entry *e, *old, *named = NULL;
        struct scope *s;

        if (id.scope >= o->n_scopes)
                return -ENOENT;
        s = &o->scopes[id.scope];

        old = entry_find(o, id);
        if (old && streq(old->object.name, name) && streq(old->object.path ?: "", path ?: ""))
                return 0;

        /* Nobody may be walking. */
        if (s->n_holes > HOLES_MAX && s->n_holes > s->n_list / 2 && put_in_order(s) < 0)
                return -ENOMEM;
        if (array_reserve(&s->list, s->n_list, sizeof(*s->list)) < 0)
                return -ENOMEM;
        e = entry_new(id, name, path);
        if (!e)
                return -ENOMEM;
        if (old)
                entry_remove(o, s, old);

        HASH_FIND(hh_name, s->by_name, name, strlen(name), named);
        if (named)
                HASH_DELETE(hh_name, s->by_name, named);
        HASH_ADD_KEYPTR(hh_name, s->by_name, e->object.name, strlen(e->object.name), e);
        HASH_ADD(hh_id, s->by_id, object.id.key, sizeof(e->object.id.key), e);
        e->at = s->n_list;
        s->list[s->n_list++] = &e->object;
        note_change(o, id);
        return 0;
}

int objects_remove(struct objects *o, struct oid id)
{
        struct entry *e = entry_find(o, id);

        if (!e)
                return -ENOENT;
        entry_remove(o, &o->scopes[id.scope], e);
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

int objects_foreach_change(const struct objects *o, uint64_t since, int (*cb)(void *userdata, struct oid id),
                           void *userdata)
{
        int r = 0;

        if (since > o->generation || o->generation - since > CHANGES_MAX)
                return -ESTALE;
        for (uint64_t g = since; r == 0 && g < o->generation; g++)
                r = cb(userdata, o->changes[g % CHANGES_MAX]);
        return r;
}

const struct object *const *objects_of_scope(const struct objects *o, uint32_t scope, size_t *ret_n)
{
        struct scope *s;

        *ret_n = 0;
        if (scope >= o->n_scopes)
                return NULL;

        s = &o->scopes[scope];
        if ((s->n_holes > 0 || s->n_sorted < s->n_list) && put_in_order(s) < 0)
                return NULL;

        *ret_n = s->n_list;
        return s->list;
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

/* Only the last * needs another try: what an earlier one could take more, the last one can take as well. */
bool object_name_matches(const char *pattern, const char *name)
{
        const char *star = NULL, *taken = NULL;

        for (;;) {
                if (*pattern == '*') {
                        star = ++pattern;
                        taken = name;
                } else if (*pattern == *name) {
                        if (*name == '\0')
                                return true;
                        pattern++;
                        name++;
                } else if (star && *taken != '\0' && *taken != '/') {
                        pattern = star;
                        name = ++taken;
                } else {
                        return false;
                }
        }
}
