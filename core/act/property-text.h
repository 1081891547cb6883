/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PROPERTY_TEXT_H
#define TRIMTAB_PROPERTY_TEXT_H

#include <stdint.h>

#include "act/property.h"

/* Inside the property's files: its numbers as text. */

/* UINT64_MAX: not set. -EINVAL. */
int property_number_parse(const struct property *p, const char *text, uint64_t *ret);
/* New string; NULL: out of memory. */
char *property_number_format(const struct property *p, uint64_t n);

#endif
