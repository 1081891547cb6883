/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BATCH_H
#define TRIMTAB_BATCH_H

#include "act/order.h"

/*
 * Orders of one unit that go to systemd together: it is asked about the unit once, and sets all their properties by one call.
 * Each order goes its own way through its steps; at the two questions it waits for those of its batch that are still on
 * their way there. An order that waits for anything else, or is over, leaves.
 */

/* Makes a batch of the order and, before it begins, of others. -ENOMEM. */
int batch_new(struct order *o);
void batch_join(struct order *o, struct batch *b);
/* Begins each of them, and asks nothing before all have begun. */
void batch_begin(struct batch *b, void (*begin)(struct order *o));

/* What systemd says of the order's unit, or, while that is not known, of the nearest unit at or above its cgroup. An order
 * that is in no batch goes alone. */
void batch_ask(struct order *o, unit_cb answered);
/*
 * Sets the property o->target names to `text`, which is copied. The order has left when it is answered. Refused, together
 * with others: each is asked again alone, so that it hits the guilty one only.
 */
void batch_set(struct order *o, const char *text, unit_cb answered);

/* May be in none. */
void batch_leave(struct order *o);
/* The same, and the others do not go on: everything ends. */
void batch_drop(struct order *o);
/* Answers to what any batch asked will not come. */
void batch_bus_lost(struct actor *a);

#endif
