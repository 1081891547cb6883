/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_MATCH_H
#define TRIMTAB_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense/objects.h"

/* Which objects a rule's `for` means: patterns of one scope, some of them excluding. */

struct pattern {
        char *glob;
        bool exclude;
};

struct matcher {
        uint32_t scope;
        struct pattern *patterns;
        size_t n;
};

/* Copies glob. */
int matcher_add(struct matcher *m, const char *glob, size_t length, bool exclude);
void matcher_clear(struct matcher *m);

bool matcher_matches(const struct matcher *m, const char *name);

/* Every object that matches. Stops and returns what cb returns when that is not 0. */
int matcher_foreach(const struct matcher *m, const struct objects *objects,
                    int (*cb)(void *userdata, const struct object *object), void *userdata);

/* A pattern without any * is the name itself, whatever else is in it ("dev-disk\x2d1.swap"). */
bool pattern_is_name(const char *glob);
bool pattern_matches(const char *glob, const char *name);

/* Every object of a scope whose name matches; a pattern that is a name is looked up. */
int pattern_foreach(const char *glob, uint32_t scope, const struct objects *objects,
                    int (*cb)(void *userdata, const struct object *object), void *userdata);

#endif
