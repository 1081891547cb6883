/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sense/roll.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static void tell(const struct roll *r, struct oid id, bool came)
{
        if (r->changed)
                r->changed(r->userdata, id, came);
}

int roll_present(struct roll *r, uint64_t key, const char *name, const char *path)
{
        struct oid id = { r->scope, key };
        const struct object *known = objects_get(r->objects, id);
        int k;

        k = array_reserve(&r->keys, r->n, sizeof(*r->keys));
        if (k < 0)
                return k;
        r->keys[r->n++] = key;

        if (known && streq(known->name, name))
                return 0;
        if (known)
                tell(r, id, false);

        k = objects_add(r->objects, id, name, path);
        if (k >= 0)
                tell(r, id, true);
        return k;
}

static int compare_keys(const void *a, const void *b)
{
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static bool was_present(const struct roll *r, uint64_t key)
{
        return r->n > 0 && bsearch(&key, r->keys, r->n, sizeof(*r->keys), compare_keys);
}

int roll_end(struct roll *r)
{
        const struct object *const *list;
        _cleanup_free_ struct oid *gone = NULL;
        size_t n, n_gone = 0;

        list = objects_of_scope(r->objects, r->scope, &n);
        gone = calloc(n + 1, sizeof(*gone));
        if (!gone)
                return -ENOMEM;

        if (r->n > 0)
                qsort(r->keys, r->n, sizeof(*r->keys), compare_keys);
        for (size_t i = 0; i < n; i++)
                if (!was_present(r, list[i]->id.key))
                        gone[n_gone++] = list[i]->id;

        for (size_t i = 0; i < n_gone; i++) {
                tell(r, gone[i], false);
                (void) objects_remove(r->objects, gone[i]);
        }
        return 0;
}

void roll_clear(struct roll *r)
{
        free(r->keys);
        r->keys = NULL;
        r->n = 0;
}
