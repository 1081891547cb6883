/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_STRINGS_H
#define TRIMTAB_STRINGS_H

#include <stdlib.h>

/* NULL-terminated arrays of strings, both on the heap. Also frees one whose end was not reached: calloc it.
 */
static inline char **strings_free(char **strings)
{
        for (char **s = strings; s && *s; s++)
                free(*s);
        free(strings);
        return NULL;
}

static inline void strings_freep(char ***strings)
{
        strings_free(*strings);
}

/* str_escape() of every line: messages quote files, in which anything may stand. New string; NULL: out of
 * memory. */
char *lines_escape(const char *text);

#endif
