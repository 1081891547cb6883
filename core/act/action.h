/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ACTION_H
#define TRIMTAB_ACTION_H

#include "act/order.h"

/* Knobs that are no state but something that happens and is over (TRIMTAB_KNOB_ACTION: memory.reclaim, or a plugin's apply()):
 * nothing is read, nothing is recorded, nothing can be put back. */
void action_begin(struct order *o);

#endif
