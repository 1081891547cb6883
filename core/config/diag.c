/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/diag-source.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static const struct {
        const char *name, *colour;
} severities[] = {
        [SEVERITY_WARNING] = { "warning", "\033[1;35m" },
        [SEVERITY_ERROR] = { "error", "\033[1;31m" },
};

#define COLOUR_PLACE "\033[1m"
#define COLOUR_OFF "\033[0m"

void diag_add(struct diag *diag, enum severity severity, const struct place *place, const char *format, ...)
{
        struct diag_item *item;
        va_list ap;
        int r;

        if (severity == SEVERITY_ERROR)
                diag->n_errors++;
        else
                diag->n_warnings++;

        if (array_reserve(&diag->items, diag->n, sizeof(*diag->items)) < 0)
                return;

        item = &diag->items[diag->n++];
        *item = (struct diag_item){ .severity = severity };

        va_start(ap, format);
        r = vasprintf(&item->message, format, ap);
        va_end(ap);
        if (r < 0)
                item->message = NULL;

        if (!place)
                return;

        item->path = place->path ? strdup(place->path) : NULL;
        item->source = place->source ? strdup(place->source) : NULL;
        item->line = place->line;
        item->column = place->column;
        item->width = place->width;
}

void diag_add_unknown(struct diag *diag, const struct place *place, const char *sort, const char *word,
                      const char *const *names, size_t n)
{
        const char *near = str_nearest(word, names, n);

        if (near)
                diag_add(diag, SEVERITY_ERROR, place, "unknown %s '%s', did you mean '%s'?", sort, word, near);
        else
                diag_add(diag, SEVERITY_ERROR, place, "unknown %s '%s'", sort, word);
}

static bool same_text(const char *a, const char *b)
{
        return streq(a ?: "", b ?: "");
}

static bool is_said(const struct diag *diag, const struct diag_item *item)
{
        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *said = &diag->items[i];

                if (said->severity == item->severity && said->line == item->line && said->column == item->column &&
                    same_text(said->path, item->path) && same_text(said->message, item->message))
                        return true;
        }
        return false;
}

static void add_again(struct diag *diag, const struct diag_item *item)
{
        const struct place place = {
                .path = item->path,
                .source = item->source,
                .line = item->line,
                .column = item->column,
                .width = item->width,
        };

        diag_add(diag, item->severity, &place, "%s", item->message ?: "out of memory");
}

void diag_add_all(struct diag *diag, const struct diag *from)
{
        for (size_t i = 0; i < from->n; i++)
                add_again(diag, &from->items[i]);
}

void diag_add_new(struct diag *diag, const struct diag *from)
{
        for (size_t i = 0; i < from->n; i++)
                if (!is_said(diag, &from->items[i]))
                        add_again(diag, &from->items[i]);
}

/* "FILE:LINE:COLUMN:", less what is not known; "" when nothing is. */
static char *place_text(const struct diag_item *item)
{
        _cleanup_free_ char *path = NULL;

        if (!item->path)
                return strdup("");

        path = str_escape(item->path);
        if (!path)
                return NULL;
        if (item->line == 0)
                return str_printf("%s: ", path);
        if (item->column == 0)
                return str_printf("%s:%u: ", path, item->line);
        return str_printf("%s:%u:%u: ", path, item->line, item->column);
}

static char *item_text(const struct diag_item *item, bool coloured)
{
        _cleanup_free_ char *place = place_text(item), *message = NULL;
        const char *name = severities[item->severity].name;

        message = str_escape(item->message ?: "out of memory");
        if (!place || !message)
                return NULL;

        if (coloured)
                return str_printf(COLOUR_PLACE "%s" COLOUR_OFF "%s%s:" COLOUR_OFF " %s", place,
                                  severities[item->severity].colour, name, message);
        return str_printf("%s%s: %s", place, name, message);
}

char *diag_item_text(const struct diag_item *item)
{
        return item_text(item, false);
}

static int compare_numbers(unsigned a, unsigned b)
{
        return a < b ? -1 : a > b;
}

static int compare_items(const void *a, const void *b)
{
        const struct diag_item *x = *(const struct diag_item *const *) a;
        const struct diag_item *y = *(const struct diag_item *const *) b;
        int r;

        r = strcmp(x->path ?: "", y->path ?: "");
        if (r == 0)
                r = compare_numbers(x->line, y->line);
        if (r == 0)
                r = compare_numbers(x->column, y->column);
        /* Both are in one array: what was said first stays first. */
        return r != 0 ? r : (x > y) - (x < y);
}

void diag_print(const struct diag *diag, FILE *stream, bool coloured)
{
        _cleanup_free_ const struct diag_item **sorted = calloc(diag->n ?: 1, sizeof(*sorted));

        for (size_t i = 0; sorted && i < diag->n; i++)
                sorted[i] = &diag->items[i];
        if (sorted)
                qsort(sorted, diag->n, sizeof(*sorted), compare_items);

        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *item = sorted ? sorted[i] : &diag->items[i];
                _cleanup_free_ char *text = item_text(item, coloured);

                fprintf(stream, "%s\n", text ?: "error: out of memory");
                if (item->source && item->line > 0)
                        diag_source_print(stream, item, coloured ? severities[item->severity].colour : NULL);
        }
}

void diag_clear(struct diag *diag)
{
        for (size_t i = 0; i < diag->n; i++) {
                free(diag->items[i].path);
                free(diag->items[i].source);
                free(diag->items[i].message);
        }
        free(diag->items);
        *diag = (struct diag){};
}
