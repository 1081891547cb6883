/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_TRANSLATE_H
#define TRIMTAB_RECORD_TRANSLATE_H

#include <stdint.h>

#include "record/item.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * The numbers of a recording's scopes, metrics and knobs as those of a catalogue and registry of our own,
 * which get all that is defined.
 */
struct translation {
        struct catalogue *catalogue; /* the caller's */
        struct objects *objects;     /* likewise */
        struct numbers_map {
                uint32_t *own; /* recorded number -> ours; UINT32_MAX: none */
                uint32_t n;
        } scopes, metrics, knobs;
};

void translation_clear(struct translation *t);

/* A scope, metric or knob. -EINVAL: not to be used, as is what refers to it. */
int translate_definition(struct translation *t, const struct item *item);

/* Ours; UINT32_MAX: it was never told. */
static inline uint32_t translate(const struct numbers_map *map, uint32_t recorded)
{
        return recorded < map->n ? map->own[recorded] : UINT32_MAX;
}

/* -ENOENT: of a scope that was never told. */
int translate_oid(const struct translation *t, struct oid *id);

#endif
