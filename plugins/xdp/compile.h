/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_COMPILE_H
#define XDP_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "filters.h"
#include "prefixes.h"
#include "xdp.h"

/* Filters as the tables that the program looks them up in. Pure. */

struct tables {
        struct xdp_set set;
        struct prefix_lines prefixes[_XDP_PREFIXES_MAX];
        uint64_t *source_ports, *destination_ports; /* 65536; NULL: nobody looks at them */
        struct xdp_hint *hint;                      /* of the sources */
};

/* Those filters that apply to an interface, in the bits of their numbers. -ENOMEM; -E2BIG as prefixes_make(). */
int tables_make(const struct filters *filters, const char *interface, struct tables *ret);
void tables_clear(struct tables *t);

#endif
