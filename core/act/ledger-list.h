/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LEDGER_LIST_H
#define TRIMTAB_LEDGER_LIST_H

#include "act/entry.h"
#include "act/index.h"

/* The ledger's entries in memory, which they are asked for far more often than they change. Owns them. */

struct ledger_list {
        struct ledger_entry **items; /* by number, but while a file is read */
        size_t n;
        struct index by_target, by_file;
};

void ledger_list_clear(struct ledger_list *l);
void ledger_list_sort(struct ledger_list *l);

struct ledger_entry *ledger_list_find(const struct ledger_list *l, const struct target *t);
/* key NULL: any. */
struct ledger_entry *ledger_list_find_file(const struct ledger_list *l, const char *path, const char *key);
struct ledger_entry *ledger_list_next_file(const struct ledger_entry *e);
struct ledger_entry *ledger_list_find_number(const struct ledger_list *l, uint64_t number);

/* Makes room for one more: ledger_list_add cannot fail then. -ENOMEM. */
int ledger_list_reserve(struct ledger_list *l);
void ledger_list_add(struct ledger_list *l, struct ledger_entry *e);
void ledger_list_drop(struct ledger_list *l, struct ledger_entry *e);
/* In the place of another one of the same target, which is freed. */
void ledger_list_replace(struct ledger_list *l, struct ledger_entry *old, struct ledger_entry *e);

#endif
