/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_STEP_H
#define TRIMTAB_STEP_H

#include <stdbool.h>

#include "decide/action.h"

/* The arithmetic of actions: from one value of a knob to the next. Numbers are in the knob's unit, INFINITY
 * is `max`. */

/* Into the range of the action. x is a number. */
double action_clamp(const struct action *a, double x);

/*
 * What a relative action makes of `from`. use: for a limit that was `max`, the measured use from which its
 * steps start, and at which it is `max` again; NAN where there is none. Saturates; -ENODATA: `from` is max
 * and no use is known.
 */
int step_relative(const struct action *a, double from, double use, double *ret);

/* Whether it goes up. */
bool step_raises(const struct action *a);

/*
 * A part of the way back: of the difference for a limit, of the ratio for a weight. *gap is NAN before the
 * first step, and then keeps how far it was. False: what is left is the last 5 %, or one unit, or no way that
 * has parts: put it back.
 */
bool step_ease(const struct knob *k, double from, double original, double use, double part, double *gap,
               double *ret);

#endif
