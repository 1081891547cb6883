/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_JSON_H
#define TRIMTAB_JSON_H

#include "serve/rows.h"

/* One JSON document on standard output: a list of objects, or the first row alone. An infinite number is
 * "max". -errno. */
int json_print(const struct rows *rows, bool single);

/* JSON lines: each row one line, one object. */
int json_print_lines(const struct rows *rows);

#endif
