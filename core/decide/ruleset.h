/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULESET_H
#define TRIMTAB_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "config/diag.h"
#include "config/ini.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * Rules as they stand in the files, checked: names resolved against the catalogue, units compared, bounds merged.
 * Immutable once made. struct rule itself is in decide/rule.h, for decide/ and for views of it.
 */

struct rule;
struct ruleset;

/*
 * Makes a set of all [rule NAME] and [goal NAME] sections. Kinds of section that a plugin owns are passed over, others are refused or
 * wait for their plugin (kind.h). A bad rule is left out and said in diag; `ruleset_parse` then still returns 0: the
 * caller looks at diag->n_errors and decides (start: go on; reload: keep the old set). A metric or knob that no loaded
 * plugin offers: error with the nearest name if its prefix (before the dot) is that of a plugin or a catalogue entry's,
 * else the rule waits (a warning says for what). Rules that cannot do what they say get warnings (lint.h).
 */
int ruleset_parse(const struct ini *ini, const struct catalogue *catalogue, const struct objects *objects,
                  struct diag *diag, struct ruleset **ret);
struct ruleset *ruleset_free(struct ruleset *set);

size_t ruleset_n(const struct ruleset *set);
const struct rule *ruleset_at(const struct ruleset *set, size_t i);
const struct rule *ruleset_find(const struct ruleset *set, const char *name);

#endif
