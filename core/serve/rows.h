/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ROWS_H
#define TRIMTAB_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Answers as rows of named values: what a view tells, before it is D-Bus aa{sv}, JSON or a table. Field names
 * are stable and described in trimtab(1).
 */
enum field_type { FIELD_STRING, FIELD_NUMBER, FIELD_UINT, FIELD_BOOL, FIELD_STRINGS, FIELD_ROWS };

struct rows;

struct field {
        char *name;
        enum field_type type;
        char *string;  /* FIELD_STRING */
        double number; /* FIELD_NUMBER; INFINITY is legal ("max" in JSON), NAN is not added at all */
        uint64_t uint;
        bool boolean;
        char **strings; /* FIELD_STRINGS, NULL-terminated */
        struct rows *rows; /* FIELD_ROWS: rows inside of a row */
};

struct row {
        struct field *fields;
        size_t n;
};

struct rows {
        struct row *items;
        size_t n;
        int error; /* the first -ENOMEM: builders need not check each call */
};

/* struct rows is used zeroed at first; all that goes in is copied, and text is escaped (str_escape). */
void rows_begin(struct rows *r); /* a new row; the following fields go into it */
void rows_string(struct rows *r, const char *name, const char *value); /* NULL: no such field in this row */
void rows_number(struct rows *r, const char *name, double value);      /* NAN: likewise */
void rows_uint(struct rows *r, const char *name, uint64_t value);
void rows_bool(struct rows *r, const char *name, bool value);
void rows_strings(struct rows *r, const char *name, const char *const *values);
/* Takes over what is in *inner, with its error, and leaves it empty. */
void rows_rows(struct rows *r, const char *name, struct rows *inner);

/* NULL: this row has no such field. */
const struct field *row_find(const struct row *row, const char *name);

void rows_clear(struct rows *r);

#endif
