/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_FILTERS_H
#define XDP_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "text.h"

/* The [filter NAME] sections. */

enum filter_key {
        FILTER_ACTION,
        FILTER_FOR,
        FILTER_SOURCE,
        FILTER_FILE,
        FILTER_DESTINATION,
        FILTER_PROTOCOL,
        FILTER_SOURCE_PORT,
        FILTER_PORT,
        FILTER_FLAGS,
        FILTER_FRAGMENTS,
        FILTER_DESCRIPTION,
        _FILTER_KEY_MAX,
};
extern const struct trimtab_key filter_keys[_FILTER_KEY_MAX];
/* Whether the keys go together; as trimtab_section.check. */
int filter_check(const struct trimtab_entry *e, char *why, uint32_t size);

struct filter {
        char *name;
        bool allow;
        struct prefix *sources, *destinations;
        size_t n_sources, n_destinations;
        struct range *source_ports, *destination_ports;
        size_t n_source_ports, n_destination_ports;
        uint8_t *protocols;
        size_t n_protocols;
        char **interfaces; /* globs */
        size_t n_interfaces;
        uint8_t flags, flags_set; /* of TCP: those that it looks at, and those of them that must be set */
        bool fragments;           /* only fragments */
        bool nobody;              /* no sources: the files that list them are empty */
};

/* Of one reading of the files. Immutable once made; filter i counts as object `i`, and is bit i where it applies. */
struct filters {
        struct filter *filter;
        size_t n;
};

/*
 * From the entries of that section (others are passed over), and first of all one that lets the management ports in, when there are any.
 * The items are well formed: the host has had them checked. -E2BIG: more than XDP_FILTERS_MAX; -ENOMEM.
 */
int filters_read(const struct trimtab_entry *const *entries, uint32_t n, uint32_t section,
                 const struct range *management, size_t n_management, struct filters **ret);
struct filters *filters_free(struct filters *f);

bool filter_applies(const struct filter *f, const char *interface);

#endif
