/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DIAG_ROWS_H
#define TRIMTAB_DIAG_ROWS_H

#include <stdbool.h>

#include "config/diag.h"
#include "serve/rows.h"

/* What is wrong, for --json: file, line, column, severity, message, and if asked for source, the line without
 * the white space at its ends; in the order in which diag_print has them. -ENOMEM */
int diag_rows(const struct diag *diag, bool with_source, struct rows *rows);

#endif
