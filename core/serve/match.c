/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/match.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "util/cleanup.h"

/* A cgroup's path may be long, and its name without a wildcard fails at the first letter that differs. */
enum { NAME_MAX_BYTES = PATH_MAX, PATTERN_MAX_BYTES = 256 };

int match_check(const char *glob)
{
        size_t length = strnlen(glob, NAME_MAX_BYTES + 1);

        if (length > NAME_MAX_BYTES || (length > PATTERN_MAX_BYTES && strpbrk(glob, "*?[")))
                return -E2BIG;
        return 0;
}

bool match_name(const char *glob, const char *name)
{
        return !match_given(glob) || fnmatch(glob, name, 0) == 0;
}

bool match_object(const char *glob, const struct objects *objects, const struct object *object)
{
        _cleanup_free_ char *full = NULL;

        if (match_name(glob, object->name))
                return true;

        full = objects_full_name(objects, object->id);
        return full && fnmatch(glob, full, 0) == 0;
}
