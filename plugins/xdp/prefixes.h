/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_PREFIXES_H
#define XDP_PREFIXES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "text.h"
#include "xdp.h"

/* Prefixes as the hash table that the program looks them up in. Pure. */

/* A prefix, and the filters that look at it. */
struct prefix_bits {
        struct prefix prefix;
        uint64_t bits;
};

struct prefix_list {
        struct prefix_bits *at;
        size_t n;
};

struct prefix_lines {
        union xdp_line *at;
        uint32_t n; /* 0: there are no prefixes */
};

/*
 * From prefixes of one family, in any order and more than once. The list is the room that it works in: afterwards it has other things in
 * it. -ENOMEM; -E2BIG: no table could be made of them.
 */
int prefixes_make(struct prefix_list *list, struct xdp_search *ret_search, struct prefix_lines *ret);

#endif
