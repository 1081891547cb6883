/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_PARSE_H
#define TRIMTAB_CGROUP_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics.h"

/* The number that `source` means, in the file's text. -ENODATA: there is no such line, or no number in it. */
int parse_source(const struct source *source, const char *text, uint64_t *ret);

/* Whether word is one of the words of text, parted by white space or commas. */
bool has_word(const char *text, const char *word);

#endif
