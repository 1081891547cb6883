/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SHOW_H
#define TRIMTAB_SHOW_H

#include "command.h"
#include "serve/rows.h"
#include "table.h"

/* How an answer looks to people. */
struct look {
        const struct column *columns;
        size_t n_columns;
        const char *(*colour)(const struct row *row); /* may be NULL */
        const char *nothing; /* what to say when there is no row: "no rule is loaded" */
};

/* Prints a list as --json or as a table. An empty answer to a question about something by name is
 * EXIT_FAILED. */
int show_list(const struct invocation *in, const struct rows *rows, const struct look *look);

/* The same for a single row. */
int show_row(const struct invocation *in, const struct rows *rows, const struct look *look);

/* Exit code of a printed document. */
int show_done(int r);

#endif
