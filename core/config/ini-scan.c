/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ini-scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char UTF8_BOM[] = "\xef\xbb\xbf";

/* A run of bytes inside a source line. */
struct span {
        const char *at;
        size_t length;
};

/* As isspace(3) in the C locale, which is what inih strips. */
static bool is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span span_strip(struct span s)
{
        while (s.length > 0 && is_space(*s.at)) {
                s.at++;
                s.length--;
        }
        while (s.length > 0 && is_space(s.at[s.length - 1]))
                s.length--;
        return s;
}

void scan_init(struct scan *scan, struct ini_file *file, size_t size, struct diag *diag)
{
        *scan = (struct scan){
                .file = file,
                .diag = diag,
                .next = file->text,
                .end = file->text + size,
        };

        if (size >= strlen(UTF8_BOM) && startswith(file->text, UTF8_BOM))
                scan->next += strlen(UTF8_BOM);
}

/* Cuts the next line out of the text, less its line end. 1, 0 at the end, -ENOMEM. */
static int scan_line(struct scan *scan, struct span *ret)
{
        char *line = scan->next, *newline;
        size_t length;
        int r;

        if (line >= scan->end)
                return 0;

        r = array_reserve(&scan->file->lines, scan->file->n_lines, sizeof(*scan->file->lines));
        if (r < 0)
                return r;

        newline = memchr(line, '\n', (size_t) (scan->end - line));
        length = (size_t) ((newline ?: scan->end) - line);
        scan->next = newline ? newline + 1 : scan->end;
        if (length > 0 && line[length - 1] == '\r')
                length--;

        line[length] = '\0';
        scan->file->lines[scan->file->n_lines++] = line;
        *ret = (struct span){ line, length };
        return 1;
}

/* The place of a span in the line cut last. */
static struct place place_of(const struct scan *scan, struct span s)
{
        const char *line = scan->file->lines[scan->file->n_lines - 1];

        return (struct place){
                .path = scan->file->path,
                .source = line,
                .line = (unsigned) scan->file->n_lines,
                .column = (unsigned) (s.at - line) + 1,
                .width = (unsigned) s.length,
        };
}

/*
 * Says what is wrong with the line cut last; the lines below it are taken as `below`. Returns 1 with a
 * PIECE_REFUSED when the line was in a section, else 0; -ENOMEM.
 */
static int __attribute__((format(printf, 5, 6)))
refuse(struct scan *scan, struct span where, enum scan_state below, struct piece *ret, const char *format,
       ...)
{
        bool in_section = below != SCAN_OUTSIDE && below != SCAN_SKIP_ALL;
        struct place place = place_of(scan, where);
        _cleanup_free_ char *message = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&message, format, ap);
        va_end(ap);
        if (r < 0) {
                message = NULL;
                return -ENOMEM;
        }

        diag_add(scan->diag, SEVERITY_ERROR, &place, "%s", message);
        scan->state = below;
        *ret = (struct piece){ .kind = PIECE_REFUSED };
        return in_section;
}

/* The first byte of s that a section's name cannot hold: inih would end there, or see a comment. */
static const char *bad_in_section(struct span s)
{
        for (size_t i = 0; i < s.length; i++)
                if (strchr("[;#", s.at[i]) || ((unsigned char) s.at[i] < ' ' && s.at[i] != '\t') ||
                    s.at[i] == '\x7f')
                        return s.at + i;
        return NULL;
}

/* A line that begins with [. Returns 1 with a piece, or 0 for none. */
static int scan_section(struct scan *scan, struct span line, struct piece *ret)
{
        const char *close = memchr(line.at, ']', line.length), *bad;
        struct span name, behind;

        if (!close)
                return refuse(scan, line, SCAN_SKIP_ALL, ret,
                              "expected ']' at the end of the section's name");

        name = span_strip((struct span){ line.at + 1, (size_t) (close - line.at) - 1 });
        behind = span_strip((struct span){ close + 1, (size_t) (line.at + line.length - close) - 1 });

        if (name.length == 0)
                return refuse(scan, line, SCAN_SKIP_ALL, ret, "a section without a name");
        if (name.length > INI_NAME_MAX)
                return refuse(scan, name, SCAN_SKIP_ALL, ret,
                              "a section's name of %zu bytes, expected at most %d", name.length,
                              INI_NAME_MAX);
        bad = bad_in_section(name);
        if (bad)
                return refuse(scan, (struct span){ bad, 1 }, SCAN_SKIP_ALL, ret,
                              "a section's name cannot hold '%c'", *bad);
        if (behind.length > 0)
                return refuse(
                        scan, behind, SCAN_SKIP_ALL, ret,
                        "expected nothing behind the section's ']'; a comment stands on a line of its own");

        *ret = (struct piece){
                .kind = PIECE_SECTION,
                .text = name.at,
                .length = name.length,
                .place = place_of(scan, name),
        };
        scan->state = SCAN_BETWEEN;
        return 1;
}

static bool is_key_character(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
}

static const char *bad_in_key(struct span key)
{
        for (size_t i = 0; i < key.length; i++)
                if (!is_key_character(key.at[i]))
                        return key.at + i;
        return NULL;
}

/* The longest beginning of a value that inih carries whole: not too long, nothing like a comment inside. */
static size_t piece_length(struct span s)
{
        size_t n = s.length < INI_PIECE_MAX ? s.length : INI_PIECE_MAX;

        for (size_t i = 1; i < n; i++)
                if ((s.at[i] == ';' || s.at[i] == '#') && is_space(s.at[i - 1]))
                        return i;
        return n;
}

/* Puts the beginning of a line's value into the piece and keeps the rest for the pieces to come. */
static void piece_take(struct scan *scan, struct span value, struct place place, struct piece *ret)
{
        size_t n = piece_length(value);

        ret->text = value.at;
        ret->length = n;
        ret->place = place;

        scan->rest = value.at + n;
        scan->rest_length = value.length - n;
        scan->rest_place = place;
}

/* A line that should read KEY = VALUE. Returns 1 with a piece, or 0 for none. */
static int scan_key(struct scan *scan, struct span line, struct piece *ret)
{
        const char *equals = memchr(line.at, '=', line.length), *bad;
        enum scan_state skip = scan->state == SCAN_SKIP_ALL ? SCAN_SKIP_ALL : SCAN_SKIP_KEY;
        struct span key, value;

        if (!equals)
                return refuse(scan, line, skip, ret,
                              "expected KEY = VALUE (or white space in front, to continue a value)");

        key = span_strip((struct span){ line.at, (size_t) (equals - line.at) });
        value = span_strip((struct span){ equals + 1, (size_t) (line.at + line.length - equals) - 1 });

        if (key.length == 0)
                return refuse(scan, (struct span){ equals, 1 }, skip, ret, "expected a key before '='");
        bad = bad_in_key(key);
        if (bad)
                return refuse(scan, key, skip, ret,
                              "not a key: expected letters, digits, '-', '_' and '.' before '=' (a line that "
                              "continues a value begins with white space)");
        if (key.length > INI_NAME_MAX)
                return refuse(scan, key, skip, ret, "a key of %zu bytes, expected at most %d", key.length,
                              INI_NAME_MAX);
        if (scan->state == SCAN_SKIP_ALL)
                return 0;

        *ret = (struct piece){
                .kind = PIECE_KEY,
                .key = key.at,
                .key_length = key.length,
                .key_place = place_of(scan, key),
        };
        piece_take(scan, value, place_of(scan, value), ret);
        scan->state = SCAN_VALUE;
        return 1;
}

/* A line that begins with white space. Returns 1 with a piece, or 0 for none. */
static int scan_continuation(struct scan *scan, struct span value, struct piece *ret)
{
        switch (scan->state) {
        case SCAN_OUTSIDE: /* said by the caller */
        case SCAN_SKIP_KEY:
        case SCAN_SKIP_ALL:
                return 0;
        case SCAN_BETWEEN:
                return refuse(
                        scan, value, SCAN_BETWEEN, ret,
                        "a line that begins with white space continues a value, but no key stands above it");
        case SCAN_VALUE:
                *ret = (struct piece){ .kind = PIECE_LINE };
                piece_take(scan, value, place_of(scan, value), ret);
                return 1;
        }
        return 0;
}

/* How to take the lines below one that holds a NUL byte and begins like this. */
static enum scan_state below_nul(const struct scan *scan, char first)
{
        if (first == '[')
                return SCAN_SKIP_ALL;
        /* A value less one of its lines is not what was meant, and neither is the value of an unknown key. */
        if (scan->state == SCAN_VALUE || (scan->state == SCAN_BETWEEN && !is_space(first)))
                return SCAN_SKIP_KEY;
        return scan->state;
}

static int scan_text(struct scan *scan, struct span line, struct piece *ret)
{
        struct span stripped = span_strip(line);
        const char *nul = memchr(line.at, '\0', line.length);

        if (stripped.length == 0 || *stripped.at == '#' || *stripped.at == ';')
                return 0;

        if (nul)
                return refuse(scan, (struct span){ nul, 1 }, below_nul(scan, *line.at), ret,
                              "a NUL byte, expected text");
        if (*line.at == '[')
                return scan_section(scan, stripped, ret);

        if (scan->state == SCAN_OUTSIDE) {
                bool said = scan->outside_said;

                scan->outside_said = true;
                return said ? 0
                            : refuse(scan, stripped, SCAN_OUTSIDE, ret,
                                     "text before the first section, expected [SECTION]");
        }

        return is_space(*line.at) ? scan_continuation(scan, stripped, ret) : scan_key(scan, stripped, ret);
}

int scan_next(struct scan *scan, struct piece *ret)
{
        struct span line;
        int r;

        if (scan->rest_length > 0) {
                *ret = (struct piece){ .kind = PIECE_REST };
                piece_take(scan, (struct span){ scan->rest, scan->rest_length }, scan->rest_place, ret);
                return 1;
        }

        for (;;) {
                r = scan_line(scan, &line);
                if (r <= 0)
                        return r;
                r = scan_text(scan, line, ret);
                if (r != 0)
                        return r;
        }
}
