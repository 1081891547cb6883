/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

bool endswith(const char *s, const char *suffix)
{
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && streq(s + n - m, suffix);
}

char *str_printf(const char *format, ...)
{
        char *ret = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&ret, format, ap);
        va_end(ap);
        return r < 0 ? NULL : ret;
}

/* Length of the valid UTF-8 sequence at s, 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
        size_t n, i;
        uint32_t c;

        if (s[0] < 0x80)
                return 1;
        if ((s[0] & 0xe0) == 0xc0)
                n = 2, c = s[0] & 0x1f;
        else if ((s[0] & 0xf0) == 0xe0)
                n = 3, c = s[0] & 0x0f;
        else if ((s[0] & 0xf8) == 0xf0)
                n = 4, c = s[0] & 0x07;
        else
                return 0;

        for (i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3f);
        }

        /* Overlong forms, surrogates and the C1 control characters are not text. */
        if (c < (n == 2 ? 0xa0u : n == 3 ? 0x800u : 0x10000u) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
                return 0;
        return n;
}

char *str_escape(const char *s)
{
        const unsigned char *p = (const unsigned char *) s;
        char *ret, *q;

        q = ret = malloc(strlen(s) * 4 + 1);
        if (!ret)
                return NULL;

        while (*p) {
                size_t n = utf8_length(p);

                if (n == 0 || *p < 0x20 || *p == 0x7f) {
                        q += sprintf(q, "\\x%02x", *p++);
                        continue;
                }
                memcpy(q, p, n);
                q += n;
                p += n;
        }

        *q = '\0';
        return ret;
}

char *str_strip(char *s)
{
        size_t n;

        while (isspace((unsigned char) *s))
                s++;
        for (n = strlen(s); n > 0 && isspace((unsigned char) s[n - 1]);)
                s[--n] = '\0';
        return s;
}

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
        size_t m = a < b ? a : b;

        return m < c ? m : c;
}

/* Damerau-Levenshtein distance (adjacent transpositions) of two words of at most WORD_MAX bytes. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
        size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];

        for (size_t j = 0; j <= m; j++)
                last[j] = j;

        for (size_t i = 1; i <= n; i++) {
                size_t *spare = before;

                now[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);

                        now[j] = min3(last[j] + 1, now[j - 1] + 1, change);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                            before[j - 2] + 1 < now[j])
                                now[j] = before[j - 2] + 1;
                }
                before = last;
                last = now;
                now = spare;
        }
        return last[m];
}

const char *str_nearest(const char *word, const char *const *candidates, size_t n)
{
        size_t length = strlen(word), best_distance = length / 3 > 2 ? length / 3 : 2;
        const char *best = NULL;

        if (length > WORD_MAX)
                return NULL;

        for (size_t i = 0; i < n; i++) {
                size_t m = candidates[i] ? strlen(candidates[i]) : WORD_MAX + 1, d;

                if (m > WORD_MAX)
                        continue;
                d = edit_distance(word, length, candidates[i], m);
                /* A word that would have to be rewritten whole is not near. */
                if (d > best_distance || d >= (length > m ? length : m) || (best && d == best_distance))
                        continue;
                best = candidates[i];
                best_distance = d;
        }
        return best;
}
