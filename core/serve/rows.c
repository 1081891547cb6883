/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "serve/strings.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

void rows_begin(struct rows *r)
{
        if (r->error < 0)
                return;

        r->error = array_reserve(&r->items, r->n, sizeof(*r->items));
        if (r->error < 0)
                return;

        r->items[r->n++] = (struct row){ 0 };
}

/* A new field at the end of the last row; NULL when there is no memory or no row. */
static struct field *rows_field(struct rows *r, const char *name, enum field_type type)
{
        _cleanup_free_ char *copy = NULL;
        struct field *field;
        struct row *row;

        if (r->error < 0 || r->n == 0)
                return NULL;

        copy = strdup(name);
        if (!copy) {
                r->error = -ENOMEM;
                return NULL;
        }

        row = &r->items[r->n - 1];
        r->error = array_reserve(&row->fields, row->n, sizeof(*row->fields));
        if (r->error < 0)
                return NULL;

        field = &row->fields[row->n++];
        *field = (struct field){ .name = TAKE(copy), .type = type };
        return field;
}

/* Many of these strings were made up by others: escaped once, here, they are safe in D-Bus, JSON and on
 * terminals. */
static char *rows_text(struct rows *r, const char *value)
{
        char *text = str_escape(value);

        if (!text)
                r->error = -ENOMEM;
        return text;
}

void rows_string(struct rows *r, const char *name, const char *value)
{
        _cleanup_free_ char *text = NULL;
        struct field *field;

        if (!value || r->error < 0)
                return;

        text = rows_text(r, value);
        if (!text)
                return;

        field = rows_field(r, name, FIELD_STRING);
        if (field)
                field->string = TAKE(text);
}

void rows_number(struct rows *r, const char *name, double value)
{
        struct field *field;

        if (isnan(value))
                return;

        field = rows_field(r, name, FIELD_NUMBER);
        if (field)
                field->number = value;
}

void rows_uint(struct rows *r, const char *name, uint64_t value)
{
        struct field *field = rows_field(r, name, FIELD_UINT);

        if (field)
                field->uint = value;
}

void rows_bool(struct rows *r, const char *name, bool value)
{
        struct field *field = rows_field(r, name, FIELD_BOOL);

        if (field)
                field->boolean = value;
}

void rows_strings(struct rows *r, const char *name, const char *const *values)
{
        _cleanup_(strings_freep) char **copy = NULL;
        struct field *field;
        size_t n = 0;

        if (r->error < 0)
                return;

        while (values && values[n])
                n++;

        copy = calloc(n + 1, sizeof(*copy));
        if (!copy) {
                r->error = -ENOMEM;
                return;
        }
        for (size_t i = 0; i < n && r->error == 0; i++)
                copy[i] = rows_text(r, values[i]);

        field = rows_field(r, name, FIELD_STRINGS);
        if (field)
                field->strings = TAKE(copy);
}

void rows_rows(struct rows *r, const char *name, struct rows *inner)
{
        _cleanup_free_ struct rows *copy = calloc(1, sizeof(*copy));
        struct field *field = NULL;

        if (r->error >= 0)
                r->error = inner->error < 0 ? inner->error : copy ? 0 : -ENOMEM;
        if (r->error >= 0)
                field = rows_field(r, name, FIELD_ROWS);
        if (!field) {
                rows_clear(inner);
                return;
        }

        *copy = *inner;
        *inner = (struct rows){ 0 };
        field->rows = TAKE(copy);
}

const struct field *row_find(const struct row *row, const char *name)
{
        for (size_t i = 0; i < row->n; i++)
                if (streq(row->fields[i].name, name))
                        return &row->fields[i];
        return NULL;
}

void rows_clear(struct rows *r)
{
        for (size_t i = 0; i < r->n; i++) {
                for (size_t j = 0; j < r->items[i].n; j++) {
                        struct field *field = &r->items[i].fields[j];

                        free(field->name);
                        free(field->string);
                        strings_free(field->strings);
                        if (field->rows)
                                rows_clear(field->rows);
                        free(field->rows);
                }
                free(r->items[i].fields);
        }

        free(r->items);
        *r = (struct rows){ 0 };
}
