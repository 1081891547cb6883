/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_REPORT_H
#define TEST_GUARD_REPORT_H

/* The matrix: techniques by guards. */

#include "attempts.h"

struct column {
        const char *name;
        int way; /* of reference_ways; -1: a guard that is asked for by a command, which has to block everything */
        struct attempted results[RECEIVER_ATTEMPTS];
};

struct matrix {
        const struct ground *ground;
        struct column control, *columns;
        uint32_t n;
        const char *holes[64]; /* patterns of names of what a guard by command says itself that it does not cover */
        uint32_t n_holes;
};

/* Prints it, and what is not as it should be. How many of those there are. */
uint32_t report_print(const struct matrix *m);

/* The same as JSON. 0 or a negative errno. */
int report_write(const struct matrix *m, const char *path);

#endif
