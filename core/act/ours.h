/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OURS_H
#define TRIMTAB_OURS_H

#include "act/order.h"

/* What of a unit's property and drop-in is of our making. */

/* Whether a value is one that we wrote, as parsed. */
bool ours_value(const struct ledger_entry *e, const struct trimtab_value *value);

/* Whether the drop-in, as it is now, sets what we wrote. */
bool ours_dropin(const struct order *o, const struct ledger_entry *e);

/* Whether the drop-in holds values of other entries still, as it may of several devices: the last of them puts it back. */
bool ours_dropin_is_shared(const struct order *o, const struct ledger_entry *e);

#endif
