/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FLOOR_H
#define TRIMTAB_FLOOR_H

#include "act/order.h"

/*
 * Bounds that lie in what the object is just now. memory.high not below what cannot be reclaimed plus 100
 * MiB, for below that its tasks would only be throttled, nor below the memory that it is promised;
 * memory.low not above memory.high.
 */

/* What of a cgroup's memory no reclaim gives back, from the text of its memory.stat; swap_bytes: room
 * that is left to it in the swap. Pure. */
double memory_unreclaimable(const char *stat, double swap_bytes);

/* The least memory.high; low and min: those of the same cgroup. Pure. */
double memory_high_floor(double unreclaimable_bytes, double low_bytes, double min_bytes);

/* Moves o->value to where it may be, and says so. */
void floor_apply(struct order *o);

#endif
