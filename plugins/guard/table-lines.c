/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "table-room.h"

#define FACTOR 0x9e3779b97f4a7c15ull
#define TRIES  32 /* with another factor and an eighth more room each time */

_Static_assert(sizeof(union guard_line) == 64, "a cache line");

static uint64_t number(const uint8_t bytes[8])
{
        uint64_t n = 0;

        for (int i = 0; i < 8; i++)
                n = n << 8 | bytes[i];
        return n;
}

static bool put_v4(union guard_line *l, uint64_t upper, uint64_t tag, struct guard_term term)
{
        for (union guard_line *end = l + GUARD_LINES_MAX; l < end; l++)
                for (int i = 0; i < 4; i++)
                        if (l->v4[i].key == 0) {
                                l->v4[i].key = upper | tag;
                                l->v4[i].term = term;
                                return true;
                        }
        return false;
}

static bool put_v6(union guard_line *l, uint64_t upper, uint64_t lower, uint64_t tag, struct guard_term term)
{
        for (union guard_line *end = l + GUARD_LINES_MAX; l < end; l++)
                for (int i = 0; i < 2; i++)
                        if (l->v6[i].tag == 0) {
                                l->v6[i].upper = upper;
                                l->v6[i].lower = lower;
                                l->v6[i].tag = tag;
                                l->v6[i].term = term;
                                return true;
                        }
        return false;
}

/* Into the first room there is; whether there was any. */
static bool put(const struct table *t, const struct node *node)
{
        uint64_t upper = number(node->prefix.bytes), lower = number(node->prefix.bytes + 8);
        uint64_t tag = GUARD_TAG(node->layer, node->prefix.length);

        if (node->prefix.family == 4)
                return put_v4(t->lines + guard_line_of(t->factor, t->n_v4, upper, 0, tag), upper, tag, node->term);
        return put_v6(t->lines + t->first_v6 + guard_line_of(t->factor, t->n_v6, upper, lower, tag), upper, lower, tag, node->term);
}

static bool put_all(const struct table *t, const struct nodes *nodes)
{
        for (size_t i = 0; i < nodes->n; i++)
                if (!put(t, &nodes->at[i]))
                        return false;
        return true;
}

/* Two thirds full: most then stand in their first line. Behind the last that a hash gives is room for what does not fit into it. */
int table_fill_lines(struct table *t, const struct nodes *nodes)
{
        size_t n_v4 = 1, n_v6 = 1;

        for (size_t i = 0; i < nodes->n; i++)
                nodes->at[i].prefix.family == 4 ? n_v4++ : n_v6++;
        n_v4 = n_v4 * 3 / 8 + 1;
        n_v6 = n_v6 * 3 / 4 + 1;
        t->factor = FACTOR;
        for (int i = 0; i < TRIES && n_v4 + n_v6 < INT32_MAX; i++) {
                t->n_v4 = (uint32_t) n_v4;
                t->n_v6 = (uint32_t) n_v6;
                t->first_v6 = t->n_v4 + GUARD_LINES_MAX - 1;
                t->n_all = t->first_v6 + t->n_v6 + GUARD_LINES_MAX - 1;
                t->lines = calloc(t->n_all, sizeof(*t->lines));
                if (!t->lines)
                        return -ENOMEM;
                if (put_all(t, nodes))
                        return 0;
                free(t->lines);
                t->lines = NULL;
                t->factor *= FACTOR;
                n_v4 += n_v4 / 8 + 1;
                n_v6 += n_v6 / 8 + 1;
        }
        return -E2BIG;
}
