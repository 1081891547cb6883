/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_TABLE_ROOM_H
#define GUARD_TABLE_ROOM_H

/* Inside of making a table: table.c makes nodes of items, table-lines.c puts them where the program looks. */

#include "table.h"

/* A prefix of a layer, and what is said of it: its own items and those of the prefixes around it. */
struct node {
        struct prefix prefix;
        uint32_t layer;
        struct guard_term term;
};

struct nodes {
        struct node *at;
        size_t n, room;
};

/* t->lines, and what a hash needs to find them. -ENOMEM, -E2BIG */
int table_fill_lines(struct table *t, const struct nodes *nodes);

#endif
