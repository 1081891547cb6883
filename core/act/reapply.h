/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_REAPPLY_H
#define TRIMTAB_REAPPLY_H

#include "act/order.h"

/*
 * What systemd may have undone by reading its files again, written behind its back or not, or by making a cgroup's file anew
 * with its controller, is set once more. Only where the value went back to what it was before us; another one is somebody
 * else's.
 */

/* Looks at everything we hold in cgroups of units, and queues orders for what is not ours any more. */
void reapply_look(struct actor *a);

/* Whether raw, which is not ours, is what a file made anew began with. h: may be NULL. */
bool reapply_is_lost(const struct handle *h, const struct ledger_entry *e, const char *raw);
/* Queues the order for that. */
void reapply_queue(struct actor *a, struct handle *h, const struct ledger_entry *e);

#endif
