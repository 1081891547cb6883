/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SERVE_MATCH_H
#define TRIMTAB_SERVE_MATCH_H

#include <stdbool.h>

#include "sense/objects.h"

/*
 * Globs of people who look, and not of rules: * crosses a /, so that '*' is everything. NULL and "" match
 * all. An object is matched by its full name, "cgroup:/a/b", and by "/a/b" for those who leave the scope out.
 */
bool match_name(const char *glob, const char *name);
bool match_object(const char *glob, const struct objects *objects, const struct object *object);

/*
 * What anybody may ask to be matched against everything there is, some of it at every tick: a long pattern costs its length times
 * that of each name. -E2BIG: a name longer than any path, or a pattern longer than people write.
 */
int match_check(const char *glob);

static inline bool match_given(const char *glob)
{
        return glob && *glob;
}

#endif
