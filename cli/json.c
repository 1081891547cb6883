/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "util/cleanup.h"

/* Digits of a number: what a double holds for certain. */
enum { PRECISION = 15 };

static inline void json_freep(json_t **json)
{
        json_decref(*json);
}

static json_t *json_strings(char *const *strings)
{
        json_t *list = json_array();

        for (; list && *strings; strings++)
                if (json_array_append_new(list, json_string(*strings)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

static json_t *json_list(const struct rows *rows);

static json_t *json_value(const struct field *f)
{
        switch (f->type) {

        case FIELD_STRING:
                return json_string(f->string);

        case FIELD_NUMBER:
                return isinf(f->number) ? json_string(f->number > 0 ? "max" : "-max") : json_real(f->number);

        case FIELD_UINT:
                return json_integer((json_int_t) f->uint);

        case FIELD_BOOL:
                return json_boolean(f->boolean);

        case FIELD_STRINGS:
                return json_strings(f->strings);

        case FIELD_ROWS:
                return json_list(f->rows);
        }

        return NULL;
}

static json_t *json_row(const struct row *row)
{
        json_t *object = json_object();

        for (size_t i = 0; object && i < row->n; i++)
                if (json_object_set_new(object, row->fields[i].name, json_value(&row->fields[i])) < 0) {
                        json_decref(object);
                        return NULL;
                }
        return object;
}

static json_t *json_list(const struct rows *rows)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < rows->n; i++)
                if (json_array_append_new(list, json_row(&rows->items[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

/* Takes over the document. */
static int print(json_t *document, size_t flags)
{
        _cleanup_(json_freep) json_t *owned = document;

        if (!owned)
                return -ENOMEM;
        if (json_dumpf(owned, stdout, flags | JSON_REAL_PRECISION(PRECISION)) < 0)
                return -EIO;
        putchar('\n');
        return 0;
}

int json_print(const struct rows *rows, bool single)
{
        const struct row none = { 0 };

        if (single)
                return print(json_row(rows->n > 0 ? &rows->items[0] : &none), JSON_INDENT(2));
        return print(json_list(rows), JSON_INDENT(2));
}

int json_print_lines(const struct rows *rows)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < rows->n; i++)
                r = print(json_row(&rows->items[i]), JSON_COMPACT);
        return r;
}
