/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_SECTIONS_H
#define TEST_GUARD_SECTIONS_H

/* [egress] and [egress-rule NAME] as the host hands them over, from their text. */

#include <trimtab/plugin.h>

#include "testhost.h"

/* Gives the plugin these as its whole set: what configure() returns; -EINVAL, said, for what its own checks refuse. */
int sections_configure(struct testhost *th, const char *text);

#endif
