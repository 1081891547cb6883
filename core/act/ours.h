/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OURS_H
#define TRIMTAB_OURS_H

#include "act/order.h"

/* Whether the kernel can have made this of a number that was written over `was` (NULL: not known), by rounding it or by cutting
 * it to the most or the least there is; or of a set of CPUs, by leaving out those that are not online. Raw texts. */
bool ours_made(const struct sysfile_form *form, const char *was, const char *want, const char *is);

/* Whether raw, the value there is now, is ours: as ledger_is_ours() says, or what the kernel can have made of an intent that we
 * did not live to confirm. */
bool ours_raw(const struct ledger_entry *e, const char *raw);

/* What of a unit's property and drop-in is of our making. */

/* Whether a value is one that we wrote, as parsed. */
bool ours_value(const struct ledger_entry *e, const struct trimtab_value *value);

/* Whether the drop-in, as it is now, sets what we wrote. */
bool ours_dropin(const struct order *o, const struct ledger_entry *e);

/* Whether the drop-in holds values of other entries still, as it may of several devices: the last of them puts it back. */
bool ours_dropin_is_shared(const struct order *o, const struct ledger_entry *e);

#endif
