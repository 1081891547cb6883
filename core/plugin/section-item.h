/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SECTION_ITEM_H
#define TRIMTAB_SECTION_ITEM_H

#include <stddef.h>

#include <trimtab/plugin.h>

/* What is wrong with an item, and with which of its bytes. */
struct fault {
        char *message;
        size_t at, width;
};

/*
 * Whether text is an item of the key. *ret_number: of a number, in the key's unit. -EINVAL and why, whose message is the caller's to
 * free; -ENOMEM. Calls the key's own check(): the caller notes that.
 */
int item_check(const struct trimtab_key *key, const char *text, double *ret_number, struct fault *why);

#endif
