/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BURST_H
#define TRIMTAB_BURST_H

#include "act/order.h"

/*
 * The kernel refuses a cpu.max below the cpu.max.burst beside it. So the burst makes way first, as a change
 * of its own in the ledger, and goes back when cpu.max has gone back (moved.c).
 */

/* Before cpu.max comes down to o->want. False: it could not, and the order is finished. Other files: true. */
bool burst_make_way(struct order *o);

#endif
