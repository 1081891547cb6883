/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_RULES_H
#define TRIMTAB_DAEMON_RULES_H

#include "config/diag.h"
#include "decide/ruleset.h"

/*
 * Reads all drop-in rules of these folders (highest precedence first, NULL-terminated) into a set. What is wrong with
 * them goes to diag; bad rules are left out. Returns 0 also then: the caller decides what diag->n_errors means.
 */
int rules_load(const char *const *dirs, const struct catalogue *catalogue, const struct objects *objects,
               struct diag *diag, struct ruleset **ret);

#endif
