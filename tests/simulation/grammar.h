/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULE_GRAMMAR_H
#define TRIMTAB_RULE_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "chance.h"

/*
 * Random sets of good rules and goals for the simulated machine, as a person might write them.
 *
 * tame: every condition is false and every `until` true (or unknown for ever) once the load is gone, so that all must come
 * back to what it was; and `hold` and `clear-hold` are some seconds at least. Otherwise anything that the parser takes.
 */
void grammar_write(struct chance *c, bool tame, char *text, size_t size);

#endif
