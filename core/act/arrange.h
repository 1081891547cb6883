/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ARRANGE_H
#define TRIMTAB_ARRANGE_H

#include "act/order.h"

/*
 * Puts the order into the queue: behind all others, but for those that it must not come after (hazard.h). A
 * set of CPUs that moves sideways while sets inside it move as well is cut in two: their union first, then
 * what was asked for.
 */
void arrange(struct order **queue, struct order *o);

#endif
