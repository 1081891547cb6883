/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diag-source.h"

#include <stdint.h>
#include <string.h>

#include "util/cleanup.h"

enum { TAB_STOP = 8 };

/*
 * Code points that take another number of terminal cells than one, in order. Not wcwidth(3): that knows only
 * the locale's characters, and a daemon has none. Good for aligning a caret, not a typesetter.
 */
static const struct {
        uint32_t first, last;
        unsigned cells;
} odd_widths[] = {
        { 0x0300, 0x036f, 0 },                            /* combining accents */
        { 0x1100, 0x115f, 2 },                            /* Hangul */
        { 0x200b, 0x200d, 0 },                            /* zero width space and joiners */
        { 0x2e80, 0xa4cf, 2 },                            /* CJK */
        { 0xac00, 0xd7a3, 2 },                            /* Hangul syllables */
        { 0xf900, 0xfaff, 2 },                            /* CJK compatibility */
        { 0xfe00, 0xfe0f, 0 },                            /* variation selectors */
        { 0xfe30, 0xfe6f, 2 },                            /* CJK forms */
        { 0xff00, 0xff60, 2 },                            /* full width forms */
        { 0x1f300, 0x1f64f, 2 },                          /* pictographs */
        { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 }, /* CJK extensions */
};

/* The smallest code point a UTF-8 sequence of this many bytes may stand for. */
static const uint32_t sequence_min[] = { 0, 0, 0x80, 0x800, 0x10000 };

/* The code point at s and its bytes; 0 bytes when it is not UTF-8. */
static size_t utf8_decode(const unsigned char *s, uint32_t *ret)
{
        size_t n = s[0] < 0x80   ? 1
                   : s[0] < 0xc0 ? 0
                   : s[0] < 0xe0 ? 2
                   : s[0] < 0xf0 ? 3
                   : s[0] < 0xf8 ? 4
                                 : 0;
        uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3f);
        }

        *ret = c;
        return n > 0 && c >= sequence_min[n] ? n : 0;
}

/* Control characters, and what turns the direction of the text around: a line must read as it is parsed. */
static bool is_printable(uint32_t c)
{
        return c >= 0x20 && (c < 0x7f || c >= 0xa0) && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff) &&
               !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

static unsigned cells_of(uint32_t c)
{
        for (size_t i = 0; i < ELEMENTSOF(odd_widths); i++)
                if (c >= odd_widths[i].first && c <= odd_widths[i].last)
                        return odd_widths[i].cells;
        return 1;
}

/* Prints the character at s, which stands at this cell of the line; returns its bytes. */
static size_t print_character(FILE *stream, const char *s, size_t cell, size_t *ret_cells)
{
        uint32_t c = 0;
        size_t n = utf8_decode((const unsigned char *) s, &c);

        if (c == '\t' && n == 1) {
                *ret_cells = TAB_STOP - cell % TAB_STOP;
                fprintf(stream, "%*s", (int) *ret_cells, "");
        } else if (n == 0 || !is_printable(c)) {
                /* One byte at a time: the rest of a refused sequence is no better alone. */
                n = 1;
                *ret_cells = strlen("\\xNN");
                fprintf(stream, "\\x%02x", (unsigned char) *s);
        } else {
                *ret_cells = cells_of(c);
                fwrite(s, 1, n, stream);
        }
        return n;
}

void diag_source_print(FILE *stream, const struct diag_item *item, const char *colour)
{
        size_t from = item->column > 0 ? item->column - 1 : 0, to = from + (item->width ?: 1);
        size_t length = strlen(item->source), cell = 0, caret = 0, caret_end = 0;
        int gutter;

        gutter = fprintf(stream, "  %u", item->line);
        fputs(" | ", stream);
        for (size_t i = 0; i < length;) {
                size_t cells, n = print_character(stream, item->source + i, cell, &cells);

                if (i <= from)
                        caret = cell;
                if (i < to)
                        caret_end = cell + cells;
                i += n;
                cell += cells;
        }
        fputc('\n', stream);

        if (item->column == 0)
                return;
        /* Just behind the end of the line: where something is missing. */
        if (from >= length)
                caret = cell;

        fprintf(stream, "%*s | %*s%s^", gutter, "", (int) caret, "", colour ?: "");
        for (size_t i = caret + 1; i < caret_end; i++)
                fputc('~', stream);
        fprintf(stream, "%s\n", colour ? "\033[0m" : "");
}
