/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OWED_H
#define TRIMTAB_OWED_H

#include <stdbool.h>
#include <stdint.h>

struct actor;
struct order;

/*
 * What could not be put back: nobody wants it any more, the ledger still has it, and no rule will ask again. It is tried again after half a
 * minute, then after twice as long, up to ten minutes. What fails once more is not told again; that it is back at last is.
 */

struct owed;

/* An order has come to its end: a debt, one more try in vain, or none any more. */
void owed_note(const struct order *o, bool failed);
/* Tries again what is due. */
void owed_look(struct actor *a, uint64_t now_ns);
void owed_clear(struct actor *a);

#endif
