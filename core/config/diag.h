/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DIAG_H
#define TRIMTAB_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * What is wrong with a configuration, and where. Printed as
 *
 *     FILE:LINE:COLUMN: error: unknown metric 'sched.runq_latncy', did you mean 'sched.runq_latency'?
 *       12 | when = p99(sched.runq_latncy) > 5ms
 *          |            ^~~~~~~~~~~~~~~~~
 */

/* A place in a file. line and column count from 1 (column in bytes; 0: the whole line; line 0: the whole file). */
struct place {
        const char *path;   /* not owned */
        const char *source; /* the line's text as it stands in the file, not owned; NULL: not known */
        unsigned line, column, width; /* width: bytes to underline, 0 or 1 is a lone caret */
};

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diag_item {
        enum severity severity;
        char *path, *source, *message;
        unsigned line, column, width;
};

struct diag {
        struct diag_item *items;
        size_t n;
        unsigned n_errors, n_warnings;
};

/* Copies all it is given. Out of memory counts the error and drops the text. */
void diag_add(struct diag *diag, enum severity severity, const struct place *place, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* "unknown key 'hodl', did you mean 'hold'?": an error, with the nearest of n names where one is near. */
void diag_add_unknown(struct diag *diag, const struct place *place, const char *sort, const char *word,
                      const char *const *names, size_t n);

/* Adds all of from. */
void diag_add_all(struct diag *diag, const struct diag *from);

/* Adds those of from that are not said in diag yet, word for word in the same place. */
void diag_add_new(struct diag *diag, const struct diag *from);

/* In the order of file, line, column. */
void diag_print(const struct diag *diag, FILE *stream, bool coloured);

/* One item on one line, without the source: "FILE:LINE:COLUMN: error: …". New string or NULL. */
char *diag_item_text(const struct diag_item *item);

void diag_clear(struct diag *diag);

#endif
