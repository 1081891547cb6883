/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prose.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "config/units.h"
#include "format.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* The labels' column, and where text begins. */
enum { INDENT = 4, LABEL = 11, TEXT = INDENT + LABEL + 1 };

/* Narrower than this, wrapping makes it worse. */
enum { WIDTH_MIN = 40 };

/* 0: do not wrap. */
static size_t width_of_terminal(void)
{
        struct winsize w;

        if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < WIDTH_MIN)
                return 0;
        return w.ws_col;
}

/* Of UTF-8: what is no continuation is a character. */
static size_t width_of(const char *s, size_t n)
{
        size_t width = 0;

        for (size_t i = 0; i < n; i++)
                width += ((unsigned char) s[i] & 0xc0) != 0x80;
        return width;
}

static void print_wrapped(const char *text, size_t width)
{
        size_t column = TEXT;

        for (const char *s = text + strspn(text, " "); *s; s += strspn(s, " ")) {
                size_t n = strcspn(s, " "), wide = width_of(s, n);

                if (width > 0 && column > TEXT && column + 1 + wide > width) {
                        printf("\n%*s", TEXT, "");
                        column = TEXT;
                }
                printf("%s%.*s", column > TEXT ? " " : "", (int) n, s);
                column += wide + (column > TEXT);
                s += n;
        }
        putchar('\n');
}

void prose_heading(const char *format, ...)
{
        bool bold = terminal_coloured(stdout);
        va_list ap;

        fputs(bold ? "\033[1m" : "", stdout);
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        puts(bold ? "\033[0m" : "");
}

void prose_item(const char *label, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return;
        }

        printf("%*s%-*s ", INDENT, "", LABEL, label);
        print_wrapped(text, width_of_terminal());
}

const char *row_text(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_STRING ? f->string : NULL;
}

bool row_is(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_BOOL && f->boolean;
}

double row_number(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_NUMBER ? f->number : 0;
}

uint64_t row_uint(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_UINT ? f->uint : 0;
}

const struct rows *row_rows(const struct row *row, const char *name)
{
        static const struct rows none;
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_ROWS ? f->rows : &none;
}

char *row_quantity(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        if (!f)
                return strdup("?");
        /* No CPUs, say: an empty text would leave a hole in the sentence. */
        return f->type == FIELD_STRING && !*f->string ? strdup("nothing") : format_quantity(row, f);
}

char *span_text(double seconds)
{
        return quantity_format((seconds < 1 ? seconds : (double) (uint64_t) (seconds + 0.5)) *
                                       (double) NSEC_PER_SEC,
                               DIMENSION_TIME);
}

char *moment_text(uint64_t usec)
{
        time_t now = time(NULL), then = (time_t) (usec / USEC_PER_SEC);
        struct tm today, tm;
        char text[64];
        bool same;

        if (!localtime_r(&now, &today) || !localtime_r(&then, &tm))
                return NULL;
        same = today.tm_year == tm.tm_year && today.tm_yday == tm.tm_yday;
        if (strftime(text, sizeof(text), same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm) == 0)
                return NULL;
        return strdup(text);
}
