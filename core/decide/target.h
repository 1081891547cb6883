/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TARGET_H
#define TRIMTAB_TARGET_H

#include "decide/rule.h"

/* Which objects an action may be done on, told by names alone: no machine is needed for that. */

struct target {
        const struct rule *rule;
        const struct action *action;
        uint32_t scope; /* of the knob */
};

/* Whether there can be a machine on which the action is done on an object of that name. */
int target_matches(const struct target *t, const char *name, bool *ret);

/*
 * A name that both actions can be done on. *ret: new string; NULL: none was found. *ret_made_up: it stands
 * for those that two patterns have in common, no rule has it. -ENOMEM.
 */
int target_common(const struct target *a, const struct target *b, char **ret, bool *ret_made_up);

#endif
