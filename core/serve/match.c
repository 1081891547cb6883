/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/match.h"

#include <fnmatch.h>

#include "util/cleanup.h"

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
