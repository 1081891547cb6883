/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PROSE_H
#define TRIMTAB_PROSE_H

#include <stdbool.h>

#include "serve/rows.h"

/*
 * Answers in sentences: a heading, and below it what belongs to it, each sentence behind a word that says
 * what it is about. Lines are broken at the terminal's width; into a pipe or file they go as they are.
 */

/* In bold on a terminal. */
void prose_heading(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* label "": goes on with what stands above. */
void prose_item(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fields of a row for sentences. Absent: NULL, false, 0, no rows. */
const char *row_text(const struct row *row, const char *name);
bool row_is(const struct row *row, const char *name);
double row_number(const struct row *row, const char *name);
uint64_t row_uint(const struct row *row, const char *name);
const struct rows *row_rows(const struct row *row, const char *name);

/* A field as a table would show it, new string; "?" where there is none. */
char *row_quantity(const struct row *row, const char *name);
/* Of a number of seconds: "2min". New string. */
char *span_text(double seconds);
/* "14:03:12", or with the date when that is not today. New string. */
char *moment_text(uint64_t usec);

#endif
