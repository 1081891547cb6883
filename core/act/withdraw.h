/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WITHDRAW_H
#define TRIMTAB_WITHDRAW_H

#include "act/order.h"

/* Orders to set something that nobody wants set any more. They end without a report. */

/* Takes out what was to be set by the handle's knob and has not begun: whoever wanted it wants it no more. */
void withdraw_waiting(struct actor *a, struct handle *h);

/* Takes out all that were to set something and have not begun; those under way write nothing either, unless
 * their intent is on file, which a restore finds. Of the handle; NULL: of every one. */
void withdraw_all(struct actor *a, struct handle *h);

/* Before the first write of an order: whether it was withdrawn. Then it is finished. */
bool withdraw_ends(struct order *o);

#endif
