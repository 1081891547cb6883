/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/glob.h"

#include <errno.h>
#include <string.h>

#include "decide/match.h"
#include "util/ownership.h"
#include "util/str.h"

/* Patterns as long as that are nobody's, and the search takes the room of their product. */
#define LENGTH_MAX 255

bool glob_covers(const char *wide, const char *glob)
{
        /* The narrower one taken for a name: then only a star can stand against its stars. */
        return pattern_matches(wide, glob);
}

bool glob_covers_tree(const char *wide, const char *glob)
{
        _cleanup_free_ char *part = strdup(glob);

        while (part && part[0] != '\0') {
                char *slash = strrchr(part, '/');

                if (glob_covers(wide, part))
                        return true;
                if (!slash)
                        break;
                *slash = '\0';
        }
        return false;
}

struct search {
        const char *a, *b;
        size_t a_length, b_length;
        bool *failed; /* by how much of a and of b is used up */
        char *name;   /* what stands against both so far */
};

static bool search(struct search *s, size_t i, size_t j, size_t n);

/* One more byte of the name; a star stays where it is. */
static bool take(struct search *s, size_t i, size_t j, size_t n, char c)
{
        s->name[n] = c;
        return search(s, i, j, n + 1);
}

static bool search_on(struct search *s, size_t i, size_t j, size_t n)
{
        char a = s->a[i], b = s->b[j];

        if (a == '\0' && b == '\0') {
                s->name[n] = '\0';
                return true;
        }
        if ((a == '*' && search(s, i + 1, j, n)) || (b == '*' && search(s, i, j + 1, n)))
                return true;
        if (a == '*' && b != '*' && b != '\0' && b != '/')
                return take(s, i, j + 1, n, b);
        if (b == '*' && a != '*' && a != '\0' && a != '/')
                return take(s, i + 1, j, n, a);
        return a != '*' && a != '\0' && a == b && take(s, i + 1, j + 1, n, a);
}

static bool search(struct search *s, size_t i, size_t j, size_t n)
{
        bool *failed = &s->failed[i * (s->b_length + 1) + j];

        if (*failed)
                return false;
        *failed = !search_on(s, i, j, n);
        return !*failed;
}

/* No name has nothing between two slashes, or behind the last: there stands an x. The name itself, if it is
 * "/". New string. */
static char *fill_in(const char *name)
{
        size_t length = strlen(name), n = 0;
        char *filled = malloc(2 * length + 2);

        if (!filled)
                return NULL;
        for (size_t i = 0; i <= length; i++) {
                bool ends = name[i] == '/' || name[i] == '\0';

                if (ends && (i == 0 ? name[i] == '\0' : name[i - 1] == '/') && strcmp(name, "/") != 0)
                        filled[n++] = 'x';
                filled[n++] = name[i];
        }
        return filled;
}

static int search_common(const char *a, const char *b, char **ret)
{
        struct search s = { .a = a, .b = b, .a_length = strlen(a), .b_length = strlen(b) };
        _cleanup_free_ bool *failed = NULL;
        _cleanup_free_ char *name = NULL;

        if (s.a_length > LENGTH_MAX || s.b_length > LENGTH_MAX)
                return 0;
        failed = s.failed = calloc((s.a_length + 1) * (s.b_length + 1), sizeof(*failed));
        name = s.name = malloc(s.a_length + s.b_length + 1);
        if (!failed || !name)
                return -ENOMEM;
        if (!search(&s, 0, 0, 0))
                return 0;
        *ret = fill_in(name);
        return *ret ? 0 : -ENOMEM;
}

int glob_common(const char *a, const char *b, char **ret)
{
        const char *name = pattern_is_name(a) ? a : b, *other = name == a ? b : a;

        *ret = NULL;
        if (!pattern_is_name(name))
                return search_common(a, b, ret);
        if (!pattern_matches(other, name))
                return 0;
        *ret = strdup(name);
        return *ret ? 0 : -ENOMEM;
}
