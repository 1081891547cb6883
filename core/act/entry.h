/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ENTRY_H
#define TRIMTAB_ENTRY_H

#include "act/ledger.h"
#include "util/cleanup.h"

/* The ledger's own handling of its entries; who only reads them needs ledger.h alone. */

DEFINE_CLEANUP(struct ledger_entry *, ledger_entry_free);

int entry_copy(const struct ledger_entry *from, struct ledger_entry **ret);

/* Behind the intents there are. */
int entry_add_intent(struct ledger_entry *e, const char *raw);
/* Takes the newest away; none: does nothing. */
void entry_drop_intent(struct ledger_entry *e);

#endif
