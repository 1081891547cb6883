/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_DETAILS_H
#define AUDIT_DETAILS_H

/* Opens and starts of programs, one by one, to the journal. */

#include <stddef.h>

#include "load.h"
#include "sections.h"

struct ring_buffer;
struct audit;

struct audit_details {
        struct ring_buffer *ring; /* NULL: nothing to read */
};

/* Negative errno. */
int audit_details_open(struct audit *a);

/* Tells all that has come since the last time. */
void audit_details_tell(struct audit *a);

/* Accepts a zeroed one, and makes it one. */
void audit_details_close(struct audit_details *d);

/* Foreign text as it may be printed: all that is not plain ASCII, quotes and backslashes as \xNN. Cut where `size` ends. */
void audit_escape(const char *text, size_t length, char *ret, size_t size);

#endif
