/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_H
#define TRIMTAB_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "act/ledger.h"

/*
 * The ledger's records: one line of text each,
 *
 *     CRC32 entry number=1 boot=… path=… original=100 intended=168 … \n      an entry as it now stands, whole
 *     CRC32 forget number=1 boot=… \n                                        it is done
 *
 * with every byte of a field that is not plain ASCII as %XX. A field that is not there is NULL, an empty one
 * is "". Each record is whole in itself, so that a lost one costs its own news and never the original value.
 */

enum record_verb { RECORD_ENTRY, RECORD_FORGET };

struct record {
        enum record_verb verb;
        char *boot;                 /* boot id of whoever wrote it */
        struct ledger_entry *entry; /* RECORD_FORGET: only its number */
};

void record_clear(struct record *r);

/* A line with its newline into a new string. -ENOMEM. */
int record_encode(enum record_verb verb, const char *boot, const struct ledger_entry *entry, char **ret,
                  size_t *ret_size);
/* line without its newline; may hold any bytes. -EBADMSG: torn, corrupt or not ours. */
int record_decode(const char *line, size_t size, struct record *ret);

#endif
