/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DIAG_ROWS_H
#define TRIMTAB_DIAG_ROWS_H

#include "config/diag.h"
#include "serve/rows.h"

/* What is wrong, for --json: file, line, column, severity, message, in the order in which diag_print has them. -ENOMEM */
int diag_rows(const struct diag *diag, struct rows *rows);

#endif
