/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_COMPILE_H
#define XDP_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "filters.h"
#include "xdp.h"

/* Filters as the tables that the program looks them up in. Pure. */

/* A prefix, and the filters that look at any address in it: those of all longer and shorter prefixes around it too, as a trie gives the
 * longest one only. */
struct prefix_bits {
        struct prefix prefix;
        uint64_t bits;
};

struct prefix_table {
        struct prefix_bits *at; /* no two alike */
        size_t n;
};

enum { FAMILY_V4, FAMILY_V6, _FAMILY_MAX };

struct tables {
        struct xdp_set set;
        struct prefix_table sources[_FAMILY_MAX], destinations[_FAMILY_MAX];
        uint64_t *source_ports, *destination_ports; /* 65536; NULL: nobody looks at them */
        struct xdp_hint *hint;                      /* of the sources */
};

/* Those filters that apply to an interface, in the bits of their numbers. -ENOMEM. */
int tables_make(const struct filters *filters, const char *interface, struct tables *ret);
void tables_clear(struct tables *t);

#endif
