/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LOCATE_H
#define TRIMTAB_LOCATE_H

#include "act/ledger.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * Where the knob's file on this object is; that it is a unit's property is for systemd to say. -EOPNOTSUPP:
 * the knob is neither a file nor, its plugin being gone, functions. -ENOENT: the object has no directory.
 */
int target_of(const struct knob *knob, const struct object *object, struct target *ret);

/* The entry whose value is in this file, by whichever way it went there; NULL. */
const struct ledger_entry *entry_of_file(const struct ledger *l, const struct target *t);
/* The next entry after `last` (NULL: the first) whose value is in this drop-in; NULL: no more. */
const struct ledger_entry *entry_of_dropin(const struct ledger *l, const char *path, const struct ledger_entry *last);

#endif
