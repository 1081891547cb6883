/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "terminal.h"
#include "util/cleanup.h"

static inline void scols_unref_tablep(struct libscols_table **table)
{
        scols_unref_table(*table);
}

/* Empty cells are NULL. */
static char *cell_text(const struct row *row, const struct column *column)
{
        const struct field *f = row_find(row, column->field);

        if (!f)
                return NULL;
        return column->format ? column->format(row, f) : format_plain(row, f);
}

static bool column_is_empty(const struct rows *rows, const struct column *column)
{
        for (size_t i = 0; i < rows->n; i++) {
                _cleanup_free_ char *text = cell_text(&rows->items[i], column);

                if (text && *text)
                        return false;
        }

        return true;
}

static int add_row(struct libscols_table *table, const struct row *row, const struct column *const *columns,
                   size_t n_columns, const char *colour)
{
        struct libscols_line *line = scols_table_new_line(table, NULL);
        int r;

        if (!line)
                return -ENOMEM;

        for (size_t i = 0; i < n_columns; i++) {
                _cleanup_free_ char *text = cell_text(row, columns[i]);

                if (!text)
                        continue;
                r = scols_line_refer_data(line, i, text);
                if (r < 0)
                        return r;
                TAKE(text);
        }

        return colour ? scols_line_set_color(line, colour) : 0;
}

int table_print(const struct rows *rows, const struct column *columns, size_t n_columns,
                const char *(*colour)(const struct row *row))
{
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        _cleanup_free_ const struct column **used = NULL;
        bool coloured = colour && terminal_coloured(stdout);
        size_t n_used = 0;
        int r;

        table = scols_new_table();
        used = calloc(n_columns, sizeof(*used));
        if (!table || !used)
                return -ENOMEM;
        (void) scols_table_enable_colors(table, coloured);

        for (size_t i = 0; i < n_columns; i++) {
                int flags = (columns[i].flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
                            (columns[i].flags & COLUMN_CUT ? SCOLS_FL_TRUNC : 0);

                if (column_is_empty(rows, &columns[i]))
                        continue;
                if (!scols_table_new_column(table, columns[i].heading, 0, flags))
                        return -ENOMEM;
                used[n_used++] = &columns[i];
        }

        for (size_t i = 0; i < rows->n; i++) {
                const struct row *row = &rows->items[i];

                r = add_row(table, row, used, n_used, coloured ? colour(row) : NULL);
                if (r < 0)
                        return r;
        }

        return scols_print_table(table);
}

/* A list has a line for each entry, the heading only on the first. */
static void print_strings(const char *heading, int width, char *const *strings)
{
        for (; *strings; strings++, heading = "")
                printf("%*s%c %s\n", width, heading, *heading ? ':' : ' ', *strings);
}

void table_print_row(const struct row *row, const struct column *columns, size_t n_columns)
{
        int width = 0;

        for (size_t i = 0; i < n_columns; i++)
                if ((int) strlen(columns[i].heading) > width)
                        width = (int) strlen(columns[i].heading);

        for (size_t i = 0; i < n_columns; i++) {
                const struct field *f = row_find(row, columns[i].field);
                _cleanup_free_ char *text = NULL;

                if (f && f->type == FIELD_STRINGS && !columns[i].format) {
                        print_strings(columns[i].heading, width, f->strings);
                        continue;
                }
                text = cell_text(row, &columns[i]);
                if (text)
                        printf("%*s: %s\n", width, columns[i].heading, text);
        }
}
