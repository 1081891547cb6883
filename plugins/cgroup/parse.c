/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char *text, uint64_t *ret)
{
        unsigned long long value;
        char *end;

        /* Not what strtoull would also take: a sign, white space. */
        if (*text < '0' || *text > '9')
                return -ENODATA;

        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno != 0 || (*end && *end != '\n' && *end != ' '))
                return -ENODATA;

        *ret = value;
        return 0;
}

/* What follows key and a space at the beginning of a line, or NULL. */
static const char *find_line(const char *text, const char *key)
{
        size_t n = strlen(key);

        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, key, n) == 0 && line[n] == ' ')
                        return line + n + 1;
        }
        return NULL;
}

static int parse_keyed(const char *text, const char *key, uint64_t *ret)
{
        const char *value = find_line(text, key);

        return value ? parse_number(value, ret) : -ENODATA;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234" */
static int parse_pressure(const char *text, const char *key, uint64_t *ret)
{
        const char *line = find_line(text, key), *total;

        total = line ? strstr(line, "total=") : NULL;
        if (!total || total > line + strcspn(line, "\n"))
                return -ENODATA;
        return parse_number(total + strlen("total="), ret);
}

/* "8:0 rbytes=90112 wbytes=0 …" a device, and no line for one without I/O: an empty text is 0. */
static int parse_nested(const char *text, const char *key, uint64_t *ret)
{
        size_t n = strlen(key);
        uint64_t sum = 0;

        for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                const char *end = line + strcspn(line, "\n");

                for (const char *word = line; word < end; word += strcspn(word, " \n"), word += *word == ' ') {
                        uint64_t value;

                        if (strncmp(word, key, n) != 0 || word[n] != '=')
                                continue;
                        if (parse_number(word + n + 1, &value) < 0)
                                return -ENODATA;
                        sum += value;
                        break;
                }
        }

        *ret = sum;
        return 0;
}

int parse_source(const struct source *source, const char *text, uint64_t *ret)
{
        uint64_t first, second = 0;
        int r = -ENODATA;

        switch (source->form) {
        case FORM_PRESSURE:
                return parse_pressure(text, source->keys[0], ret);
        case FORM_NUMBER:
                return parse_number(text, ret);
        case FORM_NESTED:
                return parse_nested(text, source->keys[0], ret);
        case FORM_KEYED:
                r = parse_keyed(text, source->keys[0], &first);
                if (r >= 0 && source->keys[1])
                        r = parse_keyed(text, source->keys[1], &second);
                if (r >= 0)
                        *ret = first + second;
                break;
        }
        return r;
}

bool has_word(const char *text, const char *word)
{
        size_t n = strlen(word);

        for (const char *p = text; (p = strstr(p, word)); p += n)
                if ((p == text || strchr(" \n,", p[-1])) && (!p[n] || strchr(" \n,", p[n])))
                        return true;
        return false;
}
