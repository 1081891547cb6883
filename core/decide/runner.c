/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/runner.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/ownership.h"

struct keys {
        uint64_t *items;
        size_t n;
};

static int add_key(void *userdata, const struct object *object)
{
        struct keys *k = userdata;

        if (array_reserve(&k->items, k->n, sizeof(*k->items)) < 0)
                return -ENOMEM;
        k->items[k->n++] = object->id.key;
        return 0;
}

static int compare_keys(const void *a, const void *b)
{
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

void runner_clear(struct runner *r, struct arbiter *a, const char *reason)
{
        for (size_t i = 0; i < r->n; i++)
                instance_free(r->instances[i], a, reason);
        free(r->instances);
        r->instances = NULL;
        r->n = 0;
}

/* Both are sorted: one walk tells who stays, who comes and who goes. */
static int merge(struct runner *r, const struct keys *keys, struct arbiter *a)
{
        _cleanup_free_ struct instance **merged = calloc(keys->n + 1, sizeof(*merged));
        _cleanup_free_ struct instance **came = calloc(keys->n + 1, sizeof(*came));
        _cleanup_free_ struct instance **gone = calloc(r->n + 1, sizeof(*gone));
        size_t old = 0, n_came = 0, n_gone = 0;
        int e = merged && came && gone ? 0 : -ENOMEM;

        for (size_t i = 0; e >= 0 && i < keys->n; i++) {
                while (old < r->n && r->instances[old]->object.key < keys->items[i])
                        gone[n_gone++] = r->instances[old++];
                if (old < r->n && r->instances[old]->object.key == keys->items[i]) {
                        merged[i] = r->instances[old++];
                        continue;
                }
                e = instance_new(r->rule, (struct oid){ r->rule->match.scope, keys->items[i] }, &merged[i]);
                if (e >= 0)
                        came[n_came++] = merged[i];
        }
        if (e < 0) {
                while (n_came > 0)
                        instance_free(came[--n_came], a, "");
                return e;
        }

        while (old < r->n)
                gone[n_gone++] = r->instances[old++];
        for (size_t i = 0; i < n_gone; i++)
                instance_free(gone[i], a, "the object it ran for is gone");
        free(r->instances);
        r->instances = TAKE(merged);
        r->n = keys->n;
        return 0;
}

int runner_match(struct runner *r, const struct objects *objects, struct arbiter *a)
{
        struct keys keys = { 0 };
        int e = 0;

        if (!r->rule->waits_for && r->rule->mode != MODE_OFF)
                e = matcher_foreach(&r->rule->match, objects, add_key, &keys);
        if (e >= 0) {
                if (keys.n > 1)
                        qsort(keys.items, keys.n, sizeof(*keys.items), compare_keys);
                e = merge(r, &keys, a);
        }
        free(keys.items);
        return e;
}

int runner_adopt(struct runner *r, struct runner *from)
{
        for (size_t i = 0; i < from->n; i++) {
                int e = instance_set_rule(from->instances[i], r->rule);

                if (e < 0)
                        return e;
        }
        r->instances = TAKE(from->instances);
        r->n = from->n;
        from->n = 0;
        return 0;
}
