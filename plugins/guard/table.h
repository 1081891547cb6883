/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_TABLE_H
#define GUARD_TABLE_H

/* The prefixes of all layers as the tables that the program looks them up in. Pure. */

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "guard.h"
#include "item.h"

/* One item of a layer, with its prefix, of one family. */
struct entry {
        struct prefix prefix;
        uint32_t layer;
        struct guard_term term; /* of kind GUARD_TERM_ONE */
};

struct table {
        struct guard_layer *layers; /* not owned: its searches are filled in */
        uint32_t n_layers;

        union guard_line *lines;
        uint32_t n_v4, n_v6;   /* that a hash can give */
        uint32_t first_v6;
        uint32_t n_all;        /* with those behind the last */
        uint64_t factor;
        struct guard_block *blocks;
        uint32_t n_blocks;
        uint64_t *hashes;      /* of lists of blocks, to find those that are there */
};

/*
 * From items in any order, of both families; the array is the room that it works in. -ENOMEM; -E2BIG: more than GUARD_BLOCK *
 * GUARD_BLOCKS_MAX items of one layer say something of the same address, *ret_layer's; or no table can be made.
 */
int table_make(struct table *t, struct entry *entries, size_t n, uint32_t *ret_layer);
void table_clear(struct table *t);

#endif
