/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ROUTE_H
#define TRIMTAB_ROUTE_H

#include "act/order.h"

/*
 * Which way a value goes: to systemd, where the cgroup is a unit's and the knob has a property; else to the file. Not at all
 * below the boundary of a delegated subtree, unless the order says so, nor where an administrator pinned the property.
 *
 * Fills in o->target and o->property and goes on; `state` is what systemd says of the cgroup's unit, NULL where it was not
 * asked because it was before. Or finishes the order.
 */
void route(struct order *o, void (*routed)(struct order *o, const struct unit_state *state));

#endif
