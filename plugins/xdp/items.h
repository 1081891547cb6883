/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_ITEMS_H
#define XDP_ITEMS_H

#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "text.h"

/* What filters and routes read of a section alike. */

/* As trimtab_key.check. */
int item_check_prefix(const char *item, char *why, uint32_t size);
int item_check_range(const char *item, char *why, uint32_t size);
int item_check_protocol(const char *item, char *why, uint32_t size);
int item_check_interface(const char *item, char *why, uint32_t size);

/*
 * All items, well formed as they are, in an array of the caller's to free, which may be NULL for none. -ENOMEM: what is in it by then
 * is *ret_n. Both are zero before.
 */
int items_read_prefixes(const struct trimtab_items *items, struct prefix **ret, size_t *ret_n);
int items_read_ranges(const struct trimtab_items *items, struct range **ret, size_t *ret_n);
int items_read_protocols(const struct trimtab_items *items, uint8_t **ret, size_t *ret_n);
int items_read_interfaces(const struct trimtab_items *items, char ***ret, size_t *ret_n); /* globs, each to be freed */

#endif
