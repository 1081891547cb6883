/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_REPORT_H
#define XDP_REPORT_H

/* What somebody ought to know of a route, a line each: the cause, and what would help. */

struct report {
        char text[4096]; /* what does not fit is left out */
};

void report_add(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
