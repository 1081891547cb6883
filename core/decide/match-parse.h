/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_MATCH_PARSE_H
#define TRIMTAB_MATCH_PARSE_H

#include "config/ini.h"
#include "decide/match.h"
#include "decide/names.h"

/*
 * The value of `for`: "host", or SCOPE:PATTERN with commas or ends of lines between, ! before those to leave
 * out, all of one scope. Sets r->scope. 0; -EINVAL after saying why in diag; -ENOMEM. A scope that is not
 * known yet leaves *ret empty and makes the rule wait.
 */
int match_parse(struct reading *r, const struct ini_entry *entry, struct matcher *ret);

#endif
