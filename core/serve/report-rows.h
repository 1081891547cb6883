/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_REPORT_ROWS_H
#define TRIMTAB_REPORT_ROWS_H

#include <trimtab/plugin.h>

#include "serve/rows.h"

/* A plugin that reports more than that is out of order. */
enum { REPORT_ROWS_MAX = 10000, REPORT_VALUES_MAX = 100 };

/*
 * Where a plugin's rows go: into *rows, which must be zeroed, or hold rows, and outlive it. What is wrong with them becomes the error
 * of *rows: -EPROTO, a name that is none, or a value outside of a row; -E2BIG.
 */
struct trimtab_rows report_rows(struct rows *rows);

#endif
