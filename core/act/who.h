/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WHO_H
#define TRIMTAB_WHO_H

#include "act/order.h"

/*
 * Says into the order's detail what is there instead of our value and, as far as anything records it, by
 * which way it came: systemd keeps what it was told in drop-ins; of a write to a file the kernel keeps
 * nothing.
 */
void who_say(struct order *o, const struct ledger_entry *e);

#endif
