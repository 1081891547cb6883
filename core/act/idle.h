/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_IDLE_H
#define TRIMTAB_IDLE_H

#include "act/order.h"

/*
 * The kernel keeps no weight beside cpu.idle = 1: the file then takes nothing, and holds the default again
 * once cpu.idle is 0. So the weight from before is noted first, and put back after. For the plain files;
 * systemd has one property for both (route.c).
 */

/* Of a weight, before it is compared with what is there. False: not while idle, and the order is finished. */
bool idle_lets_be(struct order *o);

/* Of cpu.idle, before the intent. False: it cannot be, and the order is finished. */
bool idle_make_way(struct order *o);

/* Of a weight to be put back: its turn comes after that of cpu.idle. True: it is not yet there, and the order
 * is finished. */
bool idle_defers(struct order *o);

/* After cpu.idle was set: the weight goes back where it may. */
void idle_is_set(struct order *o);

#endif
