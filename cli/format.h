/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FORMAT_H
#define TRIMTAB_FORMAT_H

#include "serve/rows.h"

/* Cells of tables: a field in a person's words. Each gives a new string, or NULL for an empty cell. */

char *format_plain(const struct row *row, const struct field *f);    /* as it is; lists with commas */
char *format_count_of(const struct row *row, const struct field *f); /* a list: how many */
char *format_quantity(const struct row *row,
                      const struct field *f);                    /* a number in the row's `unit`: "7.2ms" */
char *format_rate(const struct row *row, const struct field *f); /* the same, a second: "1.2MiB/s", "38%" */
char *format_range(const struct row *row,
                   const struct field *f); /* a knob's min and max, or choices, or type */
char *format_bytes(const struct row *row, const struct field *f);
char *format_seconds(const struct row *row, const struct field *f);
char *format_microseconds(const struct row *row, const struct field *f);
char *format_time(const struct row *row, const struct field *f); /* usec since 1970, in local time */

#endif
