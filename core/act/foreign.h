/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FOREIGN_H
#define TRIMTAB_FOREIGN_H

#include "act/order.h"

/* Whose is what a restore finds: o->before is what was read, o->entry what the ledger knows. */

/* The property as systemd had it; where that is not known, as the file had it. New string. */
int original_property(const struct order *o, char **ret);

/* Where there was no file before us, one that holds the kernel's default is as it was. */
bool original_is_there(const struct order *o);

/*
 * Somebody else's. state: of the unit, NULL: not known, or none. What was contested is ours to put back whatever it
 * holds.
 */
bool foreign_value(const struct order *o, const struct unit_state *state);

/* An administrator has pinned the property since we set it, for we do not set what is pinned. Says so. */
bool foreign_pin(struct order *o);

#endif
