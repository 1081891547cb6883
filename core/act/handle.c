/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/handle.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"

/* Below this many there is nothing to be gained. */
#define PRUNE_LEAST 64

#define HANDLE_OF(node, member) ((struct handle *) ((char *) (node) - offsetof(struct handle, member)))

static struct handle *handle_free(struct handle *h)
{
        if (!h)
                return NULL;

        target_clear(&h->target);
        free(h->object_name);
        free(h->never);
        free(h);
        return NULL;
}

DEFINE_CLEANUP(struct handle *, handle_free);

void handles_clear(struct handles *h)
{
        for (size_t i = 0; i < h->n; i++)
                handle_free(h->items[i]);
        free(h->items);
        index_clear(&h->by_object);
        index_clear(&h->by_target);
        *h = (struct handles){};
}

static uint64_t hash_object(const struct knob *knob, struct oid object)
{
        uint64_t hash = hash_bytes(0, &knob, sizeof(struct knob *));

        hash = hash_bytes(hash, &object.scope, sizeof(object.scope));
        return hash_bytes(hash, &object.key, sizeof(object.key));
}

struct handle *handles_find(const struct handles *h, const struct knob *knob, struct oid object)
{
        struct index_node *node = index_first(&h->by_object, hash_object(knob, object));

        for (; node; node = index_next(node)) {
                struct handle *handle = HANDLE_OF(node, by_object);

                if (handle->knob == knob && oid_equal(handle->object, object))
                        return handle;
        }

        return NULL;
}

struct handle *handles_find_target(const struct handles *h, const struct target *target)
{
        struct index_node *node = index_first(&h->by_target, target_hash(target));

        for (; node; node = index_next(node)) {
                struct handle *handle = HANDLE_OF(node, by_target);

                if (target_same(&handle->target, target))
                        return handle;
        }

        return NULL;
}

int handles_get(struct handles *h, const struct knob *knob, struct oid object, const char *object_name,
                struct handle **ret)
{
        _cleanup_(handle_freep) struct handle *new = NULL;
        int r;

        *ret = handles_find(h, knob, object);
        if (*ret)
                return 0;

        new = calloc(1, sizeof(*new));
        if (!new)
                return -ENOMEM;
        new->knob = knob;
        new->object = object;
        new->object_name = strdup(object_name);
        if (!new->object_name)
                return -ENOMEM;

        r = array_reserve(&h->items, h->n, sizeof(*h->items));
        if (r >= 0)
                r = index_reserve(&h->by_object);
        if (r < 0)
                return r;

        index_add(&h->by_object, &new->by_object, hash_object(knob, object));
        *ret = new;
        h->items[h->n++] = TAKE(new);
        return 0;
}

int handles_set_target(struct handles *h, struct handle *handle, const struct target *target)
{
        struct target copied;
        int r;

        r = index_reserve(&h->by_target);
        if (r >= 0)
                r = target_copy(target, &copied);
        if (r < 0)
                return r;

        if (handle->target.path)
                index_remove(&h->by_target, &handle->by_target);
        target_clear(&handle->target);
        handle->target = copied;
        index_add(&h->by_target, &handle->by_target, target_hash(&copied));
        return 0;
}

static bool is_of_use(const struct handle *item, const struct ledger *ledger, uint64_t now_ns)
{
        return item->orders > 0 || item->foreign > 0 || item->remember_until_ns > now_ns || item->rest_until_ns > now_ns ||
               (item->target.path && ledger_find(ledger, &item->target));
}

static void drop(struct handles *h, struct handle *item)
{
        index_remove(&h->by_object, &item->by_object);
        if (item->target.path)
                index_remove(&h->by_target, &item->by_target);
        handle_free(item);
}

void handles_prune(struct handles *h, const struct ledger *ledger, uint64_t now_ns)
{
        size_t kept = 0;

        if (h->n < h->prune_at)
                return;

        for (size_t i = 0; i < h->n; i++)
                if (is_of_use(h->items[i], ledger, now_ns))
                        h->items[kept++] = h->items[i];
                else
                        drop(h, h->items[i]);

        h->n = kept;
        h->prune_at = kept < PRUNE_LEAST / 2 ? PRUNE_LEAST : kept * 2;
}
