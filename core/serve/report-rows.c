/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/report-rows.h"

#include <errno.h>
#include <string.h>

/* Names are promised to programs, and stand in D-Bus and JSON. */
static bool is_name(const char *name)
{
        size_t n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;

        return n > 0 && n <= 64 && name[n] == '\0' && name[0] >= 'a';
}

/* The rows that take a value of that name; NULL: none is taken. */
static struct rows *of(const struct trimtab_rows *to, const char *name)
{
        struct rows *rows = to->rows;

        if (rows->error < 0)
                return NULL;
        if (!is_name(name) || rows->n == 0 || row_find(&rows->items[rows->n - 1], name))
                rows->error = -EPROTO;
        else if (rows->items[rows->n - 1].n >= REPORT_VALUES_MAX)
                rows->error = -E2BIG;
        return rows->error < 0 ? NULL : rows;
}

static void add_row(const struct trimtab_rows *to)
{
        struct rows *rows = to->rows;

        if (rows->error >= 0 && rows->n >= REPORT_ROWS_MAX)
                rows->error = -E2BIG;
        rows_begin(rows);
}

static void add_text(const struct trimtab_rows *to, const char *name, const char *value)
{
        struct rows *rows = of(to, name);

        if (rows)
                rows_string(rows, name, value);
}

static void add_number(const struct trimtab_rows *to, const char *name, double value)
{
        struct rows *rows = of(to, name);

        if (rows)
                rows_number(rows, name, value);
}

static void add_count(const struct trimtab_rows *to, const char *name, uint64_t value)
{
        struct rows *rows = of(to, name);

        if (rows)
                rows_uint(rows, name, value);
}

static void add_flag(const struct trimtab_rows *to, const char *name, uint32_t value)
{
        struct rows *rows = of(to, name);

        if (rows)
                rows_bool(rows, name, value != 0);
}

struct trimtab_rows report_rows(struct rows *rows)
{
        return (struct trimtab_rows){
                .size = sizeof(struct trimtab_rows),
                .rows = rows,
                .row = add_row,
                .text = add_text,
                .number = add_number,
                .count = add_count,
                .flag = add_flag,
        };
}
