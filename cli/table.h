/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TABLE_H
#define TRIMTAB_TABLE_H

#include "serve/rows.h"

/* Rows as a table for people: which fields, under which heading, in which words. */

enum {
        COLUMN_RIGHT = 1 << 0, /* numbers */
        COLUMN_CUT = 1 << 1,   /* on a narrow terminal, this one gives way first */
};

struct column {
        const char *heading;
        const char *field;
        /* New string, or NULL: an empty cell. NULL: as the field is. */
        char *(*format)(const struct row *row, const struct field *field);
        unsigned flags;
};

/*
 * Prints to standard output. A column that is empty in every row is left out. colour (may be NULL) names a
 * row's colour
 * ("red"; NULL: none), used where colours are. -errno.
 */
int table_print(const struct rows *rows, const struct column *columns, size_t n_columns,
                const char *(*colour)(const struct row *row));

/* One row as lines of "heading: value"; lists take a line each. */
void table_print_row(const struct row *row, const struct column *columns, size_t n_columns);

#endif
