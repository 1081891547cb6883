/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/object-names.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

struct key {
        uint64_t scope, object;
};

struct entry {
        struct key key;
        struct object_name is;
        UT_hash_handle hh;
};

struct object_names {
        struct entry *entries; /* (scope, key) -> entry */
};

int object_names_new(struct object_names **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static void drop(struct object_names *n, struct entry *e)
{
        HASH_DEL(n->entries, e);
        free(e->is.name);
        free(e);
}

struct object_names *object_names_free(struct object_names *n)
{
        struct entry *e, *next;

        if (!n)
                return NULL;
        HASH_ITER(hh, n->entries, e, next)
                drop(n, e);
        free(n);
        return NULL;
}

static struct entry *find(const struct object_names *n, struct oid id)
{
        struct key key = { id.scope, id.key };
        struct entry *e = NULL;

        HASH_FIND(hh, n->entries, &key, sizeof(key), e);
        return e;
}

int object_names_add(struct object_names *n, struct oid id, const char *name, uint64_t told_in)
{
        struct entry *e = find(n, id);
        char *copy = strdup(name);

        if (!copy)
                return -ENOMEM;
        if (!e) {
                e = calloc(1, sizeof(*e));
                if (!e) {
                        free(copy);
                        return -ENOMEM;
                }
                e->key = (struct key) { id.scope, id.key };
                HASH_ADD(hh, n->entries, key, sizeof(e->key), e);
        }
        free(e->is.name);
        e->is = (struct object_name) { id, copy, told_in };
        return 0;
}

void object_names_drop(struct object_names *n, struct oid id)
{
        struct entry *e = find(n, id);

        if (e)
                drop(n, e);
}

struct object_name *object_names_find(const struct object_names *n, struct oid id)
{
        struct entry *e = find(n, id);

        return e ? &e->is : NULL;
}
