/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PROTECT_H
#define TRIMTAB_PROTECT_H

#include "config/options.h"

/* o->protect: the built-in globs, which no file can take away, and those of `protect =` behind them. */

/* The built-in ones, NULL-terminated. */
const char *const *protect_builtin(void);

void protect_clear(struct options *o);

/* Back to the built-in ones. -ENOMEM. */
int protect_reset(struct options *o);

/* The built-in ones and the entry's. What is no cgroup's path goes to diag. -ENOMEM. */
int protect_load(struct options *o, const struct ini_entry *entry, struct diag *diag);

#endif
