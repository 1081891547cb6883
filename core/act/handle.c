/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"

static struct handle *handle_free(struct handle *h)
{
        if (!h)
                return NULL;

        target_clear(&h->target);
        free(h->object_name);
        free(h);
        return NULL;
}

DEFINE_CLEANUP(struct handle *, handle_free);

void handles_clear(struct handles *h)
{
        for (size_t i = 0; i < h->n; i++)
                handle_free(h->items[i]);
        free(h->items);
        *h = (struct handles){};
}

struct handle *handles_find(const struct handles *h, const struct knob *knob, struct oid object)
{
        for (size_t i = 0; i < h->n; i++)
                if (h->items[i]->knob == knob && oid_equal(h->items[i]->object, object))
                        return h->items[i];

        return NULL;
}

struct handle *handles_find_target(const struct handles *h, const struct target *target)
{
        for (size_t i = 0; i < h->n; i++)
                if (h->items[i]->target.path && target_same(&h->items[i]->target, target))
                        return h->items[i];

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
        if (r < 0)
                return r;

        *ret = new;
        h->items[h->n++] = TAKE(new);
        return 0;
}

void handles_prune(struct handles *h, const struct ledger *ledger, uint64_t now_ns)
{
        size_t kept = 0;

        for (size_t i = 0; i < h->n; i++) {
                struct handle *item = h->items[i];
                bool ours = item->target.path && ledger_find(ledger, &item->target);

                if (item->orders > 0 || item->refusals > 0 || item->rest_until_ns > now_ns || ours)
                        h->items[kept++] = item;
                else
                        handle_free(item);
        }
        h->n = kept;
}
