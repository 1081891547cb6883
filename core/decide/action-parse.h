/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ACTION_PARSE_H
#define TRIMTAB_ACTION_PARSE_H

#include "config/ini.h"
#include "decide/action.h"
#include "decide/names.h"

/*
 * One line of `then`: KNOB [@OBJECT] ( = | += | -= | *= | /= ) VALUE, and one of `within`: KNOB [@OBJECT]
 * LOW..HIGH. 0; -EINVAL after saying why in diag; -ENOMEM. 1: the knob is not known yet, the rule waits, *ret
 * is untouched.
 */
int action_parse(struct reading *r, const struct ini_line *line, struct action *ret);
int bound_parse(struct reading *r, const struct ini_line *line, struct bound *ret);

/* The parts of both, for lines that go on: the lexer is left behind what was read. target_read: KNOB [@OBJECT], *ret_knob
 * NULL: not known yet; range_read: LOW..HIGH; value_read: a value of the knob, to the end of the line where it is no
 * number; operand_read: the number behind a relative operator, a->operation is set. */
int target_read(struct reading *r, struct lexer *l, const struct knob **ret_knob, struct selector *ret);
int value_read(struct reading *r, struct lexer *l, const struct knob *k, struct trimtab_value *ret);
int range_read(struct reading *r, struct lexer *l, const struct knob *k, struct bound *b);
int operand_read(struct reading *r, struct lexer *l, const struct knob *k, struct action *a);

/*
 * Gives the action its range out of the knob's own and the bound for it, and refuses what can not be: a
 * relative or computed action without a bound, a bound outside of the knob's range, a value outside of the bound.
 */
int action_bind(struct reading *r, const struct ini_line *line, const struct bound *bounds, size_t n_bounds,
                struct action *a);

#endif
