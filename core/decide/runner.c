/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/wants.h"
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

struct runner runner_of(const struct rule *rule)
{
        return (struct runner){ .rule = rule, .looks_around = wants_look_around(rule) };
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

static bool runs(const struct runner *r)
{
        return !r->rule->waits_for && r->rule->mode != MODE_OFF;
}

/* Where the instance of that key is, or belongs. */
static size_t place_of(const struct runner *r, uint64_t key)
{
        size_t low = 0, high = r->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (r->instances[middle]->object.key < key)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int insert(struct runner *r, size_t at, struct oid id)
{
        struct instance **grown, *i;
        int e;

        grown = reallocarray(r->instances, r->n + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        r->instances = grown;
        e = instance_new(r->rule, id, &i);
        if (e < 0)
                return e;

        memmove(&r->instances[at + 1], &r->instances[at], (r->n - at) * sizeof(*grown));
        r->instances[at] = i;
        r->n++;
        return 1;
}

int runner_match_one(struct runner *r, struct oid id, const struct object *object, struct arbiter *a)
{
        bool is, was;
        size_t at;

        if (r->rule->match.scope != id.scope)
                return 0;
        at = place_of(r, id.key);
        was = at < r->n && r->instances[at]->object.key == id.key;
        is = object && runs(r) && matcher_matches(&r->rule->match, object->name);
        if (is == was)
                return 0;
        if (is)
                return insert(r, at, id);

        instance_free(r->instances[at], a, "the object it ran for is gone");
        r->n--;
        memmove(&r->instances[at], &r->instances[at + 1], (r->n - at) * sizeof(*r->instances));
        return 1;
}

int runner_match(struct runner *r, const struct objects *objects, struct arbiter *a)
{
        struct keys keys = { 0 };
        int e = 0;

        if (runs(r))
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
