/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_GLOB_H
#define TRIMTAB_GLOB_H

#include <stdbool.h>

/* What two patterns of object names have to do with each other. What cannot be told is answered by "no". */

/* Whether every name that `glob` matches is matched by `wide`, too. */
bool glob_covers(const char *wide, const char *glob);

/* Whether every name that `glob` matches is, or lies below, a name that `wide` matches. */
bool glob_covers_tree(const char *wide, const char *glob);

/* A name that both match. *ret: new string; NULL: none was found. -ENOMEM. */
int glob_common(const char *a, const char *b, char **ret);

#endif
