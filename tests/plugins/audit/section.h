/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_AUDIT_SECTION_H
#define TEST_AUDIT_SECTION_H

/* [watch NAME] as the host hands it over, from a line of text. */

#include <trimtab/plugin.h>

#include "testhost.h"

#define SECTION_WORDS 8

struct section {
        const char *name;
        const char *path, *cgroup, *detail; /* NULL: not given; path: several with spaces between */
};

/* Gives the plugin these as its whole set: what configure() returns. */
int sections_configure(struct testhost *th, const struct section *sections, uint32_t n);

#endif
