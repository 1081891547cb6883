/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_MOVED_H
#define TRIMTAB_MOVED_H

#include "act/order.h"

/*
 * A file of the same object that has to move for the order's own, or that the kernel moves with it:
 * cpu.max.burst for cpu.max, cpu.weight for cpu.idle, nr_requests for scheduler. It has an entry of its own in the ledger, and goes back
 * with the other.
 */

/* The intent: what the file, t, was, and what it will be. -errno: nothing was recorded. */
int moved_note(const struct order *o, struct target *t, const char *knob, const char *was, char *want);

/* The order's own file is back, or will not move: so the other one goes back, too. */
void moved_give_back(struct order *o);
/* What it made way for was not set after all. Where an earlier value of the same knob is in force, it makes way for that one, and
 * goes back with it. */
void moved_in_vain(struct order *o);

#endif
