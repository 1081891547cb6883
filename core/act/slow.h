/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SLOW_H
#define TRIMTAB_SLOW_H

#include "act/order.h"

/*
 * Writes that the worker makes, and what becomes of one that its order has given up waiting for: it may still
 * come. Until it has, nothing else is done to that object, and when it has, it is put back, for whoever asked
 * was told that it failed.
 */

/* The order is freed: nobody waits any more. */
void slow_forget(struct order *o);

/* Whether a write that was given up still stands in this order's way: then the order waits for its end, or is
 * finished when its deadline passes. */
bool slow_holds_up(struct order *o);

/* The worker is gone, and has kept what its stuck threads work with. */
void slow_clear(struct actor *a);

#endif
