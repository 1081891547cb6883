/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/translate.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers count up from 0: one far off is none that a daemon gave. */
enum { NUMBERS_MAX = 1 << 16 };

void translation_clear(struct translation *t)
{
        free(t->scopes.own);
        free(t->metrics.own);
        free(t->knobs.own);
}

static int learn(struct numbers_map *map, uint32_t recorded, uint32_t own)
{
        if (recorded >= NUMBERS_MAX)
                return -EINVAL;
        if (recorded >= map->n) {
                uint32_t *grown = reallocarray(map->own, recorded + 1, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                map->own = grown;
                while (map->n <= recorded)
                        map->own[map->n++] = UINT32_MAX;
        }
        map->own[recorded] = own;
        return 0;
}

static int define_scope(struct translation *t, const struct item *item)
{
        int number = objects_scope_add(t->objects, item->scope.name);

        return number < 0 ? number : learn(&t->scopes, item->scope.number, (uint32_t) number);
}

static int define_metric(struct translation *t, const struct item *item)
{
        uint32_t scope = translate(&t->scopes, item->metric.scope);
        struct metric *own;
        int r;

        if (scope == UINT32_MAX)
                return -EINVAL;
        r = catalogue_add_metric(t->catalogue, item->metric.plugin, &item->metric.is, scope, &own);
        if (r < 0)
                return r == -EEXIST ? -EINVAL : r;
        return learn(&t->metrics, item->metric.number, own->number);
}

static int define_knob(struct translation *t, const struct item *item)
{
        uint32_t scope = translate(&t->scopes, item->knob.scope);
        struct knob *own;
        int r;

        if (scope == UINT32_MAX)
                return -EINVAL;
        r = catalogue_add_knob(t->catalogue, item->knob.plugin, &item->knob.is, scope, &own);
        if (r < 0)
                return r == -EEXIST ? -EINVAL : r;
        return learn(&t->knobs, item->knob.number, own->number);
}

int translate_definition(struct translation *t, const struct item *item)
{
        if (item->kind == ITEM_SCOPE)
                return define_scope(t, item);
        if (item->kind == ITEM_METRIC)
                return define_metric(t, item);
        return item->kind == ITEM_KNOB ? define_knob(t, item) : -EINVAL;
}

int translate_oid(const struct translation *t, struct oid *id)
{
        id->scope = translate(&t->scopes, id->scope);
        return id->scope == UINT32_MAX ? -ENOENT : 0;
}
