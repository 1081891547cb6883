/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LEVER_PARSE_H
#define TRIMTAB_LEVER_PARSE_H

#include "decide/action-parse.h"

/*
 * One line of `by` or `take`: KNOB [@OBJECT] LOW..HIGH [step (* | / | + | -) VALUE]. The action is bound to the range, its operation
 * one step. Without one: a weight goes up by half, a limit of the goal's own object up by a quarter, other objects go the
 * other way, and `take` takes 5 %. As action_parse; 1: the knob is not known yet.
 */
int lever_parse(struct reading *r, const struct ini_line *line, bool takes, struct action *ret);

#endif
