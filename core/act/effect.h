/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EFFECT_H
#define TRIMTAB_EFFECT_H

#include "act/order.h"

/* Says when the kernel took a value and nothing follows from it: io.weight where no disk shares by weight. */
void effect_say(struct order *o);

#endif
