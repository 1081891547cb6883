/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

/* Lines of a benchmark's table, which are elements of its list of records as well. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct figure {
        const char *bench, *subject, *unit, *note;
        const char *baseline; /* NULL: none */
        double *values;       /* of n rounds; they are sorted */
        double *bases;        /* of the baseline; NULL: none */
        uint32_t n;
};

struct figures {
        FILE *file;
        bool some; /* there are elements in it */
};

/* Opens the list at its end, where the next element goes; begins it if there is none. Negative errno. */
int figures_open(struct figures *list, const char *file);

/* Prints a line, and adds an element to the list. */
void figures_add(struct figures *list, const struct figure *f);

/* Ends the list. 0, or -1 if it could not be written. */
int figures_close(struct figures *list);

#endif
