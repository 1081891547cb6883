/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_ENTRIES_H
#define TEST_XDP_ENTRIES_H

#include "../../../plugins/xdp/filters.h"

/*
 * Filters as tests write them: "drop source=10.0.0.0/8,::/0 port=80; allow flags=syn,!ack protocol=tcp", each as its section would give
 * it. What is no filter ends the test.
 */

/* One section. */
struct line {
        struct trimtab_entry entry;
        struct trimtab_items items[_FILTER_KEY_MAX];
        const char **texts;
        char *text;
};

/* Words are cut, and nothing is checked. name: as the section's. */
void line_read(const char *text, const char *name, struct line *ret);
void line_clear(struct line *l);

/* Names are "0", "1", … */
struct filters *filters_of(const char *text);

#endif
