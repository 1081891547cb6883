/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_WARNED_H
#define TRIMTAB_TEST_WARNED_H

#include <stddef.h>

/* Warnings about one rule, told by their very text and place. */

/* Of a rule named r, in that order behind its header; NULL: what does for a rule with no mistake in it
 * (until: none). */
struct lines {
        const char *when, *until, *more;
};

struct warned {
        struct lines lines;
        unsigned line, column, width;
        const char *message; /* the only one; NULL: none */
};

#define NEVER "rule 'r' can never fire: "

/* All are looked at: one change to a message is one run of the test. */
void check_warned(const struct warned *cases, size_t n);

#define CHECK_WARNED(cases) check_warned(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
