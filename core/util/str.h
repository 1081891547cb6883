/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_STR_H
#define TRIMTAB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool streq(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

/* The rest of s behind prefix, or NULL. */
static inline const char *startswith(const char *s, const char *prefix)
{
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool endswith(const char *s, const char *suffix);

/* printf into a new string; NULL when out of memory. */
char *str_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Text that came from elsewhere (comm, cgroup names, file contents) made safe for a terminal or a log: control
 * characters and invalid UTF-8 become \xNN. New string; NULL when out of memory.
 */
char *str_escape(const char *s);

/* Without white space at both ends, in place; returns the new beginning inside s. */
char *str_strip(char *s);

/*
 * The candidate closest to word by edit distance with transpositions, or NULL when none is near enough (a third of
 * the word's length, at least 2) to be worth proposing. candidates may hold NULLs. The result is one of candidates.
 */
const char *str_nearest(const char *word, const char *const *candidates, size_t n);

#endif
