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

static json_t *json_document(const struct rows *rows, bool single)
{
        const struct row none = { 0 };
        json_t *list;

        if (single)
                return json_row(rows->n > 0 ? &rows->items[0] : &none);

        list = json_array();
        for (size_t i = 0; list && i < rows->n; i++)
                if (json_array_append_new(list, json_row(&rows->items[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

int json_print(const struct rows *rows, bool single)
{
        _cleanup_(json_freep) json_t *document = json_document(rows, single);

        if (!document)
                return -ENOMEM;
        if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(PRECISION)) < 0)
                return -EIO;
        putchar('\n');
        return 0;
}
