/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LINT_H
#define TRIMTAB_LINT_H

#include "decide/ruleset.h"

/*
 * Warnings about rules that are right by the letter and do not what anybody means: rules that can never fire
 * or act, `until` that overlaps `when`, rules that fight over a knob. Only what can be proved of every
 * machine is said.
 */

/* All rules of a set, against each other too. ini: what the set was made of. -ENOMEM. */
int ruleset_lint(const struct ruleset *set, const struct ini *ini, const struct catalogue *catalogue,
                 const struct objects *objects, struct diag *diag);

#endif
