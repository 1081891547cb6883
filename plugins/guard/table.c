/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table-room.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FACTOR   0x9e3779b97f4a7c15ull
#define LENGTHS  129
#define LIST_MAX (GUARD_BLOCK * GUARD_BLOCKS_MAX)

_Static_assert(sizeof(struct guard_block) == 64, "a cache line");

static int compare_prefix(const struct prefix *x, uint32_t x_layer, const struct prefix *y, uint32_t y_layer)
{
        int r;

        if (x_layer != y_layer)
                return x_layer < y_layer ? -1 : 1;
        if (x->family != y->family)
                return x->family < y->family ? -1 : 1;
        r = memcmp(x->bytes, y->bytes, sizeof(x->bytes));
        return r ? r : (x->length > y->length) - (x->length < y->length);
}

/* Of one prefix what refuses comes first: what is both allowed and denied is denied. */
static int compare_entries(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;
        int r = compare_prefix(&x->prefix, x->layer, &y->prefix, y->layer);

        return r ? r : (y->term.verdict > x->term.verdict) - (y->term.verdict < x->term.verdict);
}

static int compare_nodes(const void *a, const void *b)
{
        const struct node *x = a, *y = b;
        int r = compare_prefix(&x->prefix, x->layer, &y->prefix, y->layer);

        /* A marker behind what it is the marker of. */
        return r ? r : (y->term.kind > x->term.kind) - (y->term.kind < x->term.kind);
}

static bool covers(const struct node *outer, const struct prefix *inner, uint32_t layer)
{
        unsigned whole = outer->prefix.length / 8, rest = outer->prefix.length % 8;
        uint8_t mask = (uint8_t) (0xff << (8 - rest));

        if (outer->layer != layer || outer->prefix.family != inner->family || outer->prefix.length > inner->length)
                return false;
        if (memcmp(outer->prefix.bytes, inner->bytes, whole) != 0)
                return false;
        return rest == 0 || ((outer->prefix.bytes[whole] ^ inner->bytes[whole]) & mask) == 0;
}

static int push(struct nodes *nodes, const struct node *node)
{
        if (nodes->n == nodes->room) {
                size_t room = nodes->room ? nodes->room * 2 : 256;
                struct node *at = reallocarray(nodes->at, room, sizeof(*at));

                if (!at)
                        return -ENOMEM;
                nodes->at = at;
                nodes->room = room;
        }
        nodes->at[nodes->n++] = *node;
        return 0;
}

/* --- lists of terms --- */

static bool is_for_all(const struct guard_term *t)
{
        return t->protocol == GUARD_PROTOCOL_ANY && t->first == 0 && t->last == UINT16_MAX && t->verdict == GUARD_DENY;
}

/* What a term says, in order; *n at most LIST_MAX. Behind one that refuses everything nothing is heard. */
static int append(struct guard_term *list, size_t *n, struct guard_term term)
{
        term.kind = GUARD_TERM_ONE;
        if (*n > 0 && is_for_all(&list[*n - 1]))
                return 0;
        for (size_t i = 0; i < *n; i++)
                if (list[i].first == term.first && list[i].last == term.last && list[i].protocol == term.protocol)
                        return 0;
        if (*n == LIST_MAX)
                return -E2BIG;
        list[(*n)++] = term;
        return 0;
}

static int append_of(const struct table *t, struct guard_term *list, size_t *n, const struct guard_term *of)
{
        uint32_t block = of->first | (uint32_t) of->last << 16;
        int r = 0;

        if (of->kind == GUARD_TERM_ONE)
                return append(list, n, *of);
        for (uint32_t i = 0; of->kind == GUARD_TERM_LIST && i < of->protocol; i++)
                for (uint32_t j = 0; j < GUARD_BLOCK && r >= 0; j++)
                        if (t->blocks[block + i].terms[j].verdict != GUARD_NONE)
                                r = append(list, n, t->blocks[block + i].terms[j]);
        return r;
}

static uint64_t hash_list(const struct guard_block *blocks, size_t n)
{
        const uint64_t *words = (const uint64_t *) blocks;
        uint64_t hash = n;

        for (size_t i = 0; i < n * sizeof(*blocks) / sizeof(*words); i++) {
                hash = (hash ^ words[i]) * FACTOR;
                hash ^= hash >> 31;
        }
        return hash;
}

/* A list of several as blocks: those that are there already, if there are. Few differ: most prefixes say the same. */
static int keep_list(struct table *t, const struct guard_term *list, size_t n, struct guard_term *ret)
{
        struct guard_block blocks[GUARD_BLOCKS_MAX] = {};
        size_t n_blocks = (n + GUARD_BLOCK - 1) / GUARD_BLOCK;
        uint32_t at = t->n_blocks;
        uint64_t hash;

        for (size_t i = 0; i < n; i++)
                blocks[i / GUARD_BLOCK].terms[i % GUARD_BLOCK] = list[i];
        hash = hash_list(blocks, n_blocks);
        for (uint32_t i = 0; i < t->n_blocks; i++)
                if (t->hashes[i] == hash && i + n_blocks <= t->n_blocks && memcmp(&t->blocks[i], blocks, n_blocks * sizeof(*blocks)) == 0)
                        at = i;
        if (at == t->n_blocks) {
                struct guard_block *grown = reallocarray(t->blocks, at + n_blocks, sizeof(*grown));
                uint64_t *hashes = grown ? reallocarray(t->hashes, at + n_blocks, sizeof(*hashes)) : NULL;

                t->blocks = grown ?: t->blocks;
                t->hashes = hashes ?: t->hashes;
                if (!hashes)
                        return -ENOMEM;
                memcpy(&t->blocks[at], blocks, n_blocks * sizeof(*blocks));
                memset(&t->hashes[at], 0, n_blocks * sizeof(*hashes));
                t->hashes[at] = hash;
                t->n_blocks += (uint32_t) n_blocks;
        }
        *ret = (struct guard_term){
                .kind = GUARD_TERM_LIST, .first = (uint16_t) at, .last = (uint16_t) (at >> 16), .protocol = (uint8_t) n_blocks
        };
        return 0;
}

/* All items of one prefix, and what is around it, become one node. */
static int make_node(struct table *t, struct nodes *nodes, const struct entry *e, size_t n, const struct node *around)
{
        struct node node = { .prefix = e->prefix, .layer = e->layer };
        struct guard_term list[LIST_MAX];
        size_t n_list = 0;
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = append(list, &n_list, e[i].term);
        if (around && r >= 0)
                r = append_of(t, list, &n_list, &around->term);
        if (r < 0)
                return r;
        if (n_list == 1)
                node.term = list[0];
        else
                r = keep_list(t, list, n_list, &node.term);
        return r < 0 ? r : push(nodes, &node);
}

/* Sorted, a prefix comes before all that are in it: those around the one at hand are a stack. */
static int flatten(struct table *t, struct entry *entries, size_t n, struct nodes *nodes, uint32_t *ret_layer)
{
        size_t stack[LENGTHS + 1], depth = 0;

        if (n > 0)
                qsort(entries, n, sizeof(*entries), compare_entries);
        for (size_t i = 0, next; i < n; i = next) {
                int r;

                for (next = i + 1; next < n && compare_prefix(&entries[i].prefix, entries[i].layer, &entries[next].prefix,
                                                              entries[next].layer) == 0;)
                        next++;
                while (depth > 0 && !covers(&nodes->at[stack[depth - 1]], &entries[i].prefix, entries[i].layer))
                        depth--;
                *ret_layer = entries[i].layer;
                r = make_node(t, nodes, &entries[i], next - i, depth > 0 ? &nodes->at[stack[depth - 1]] : NULL);
                if (r < 0)
                        return r;
                stack[depth++] = nodes->n - 1;
        }
        return 0;
}

/* --- in which order lengths are looked for --- */

/* The middle one first. The place of the first of those from there to there, 0: none. */
static uint8_t add_steps(struct guard_search *s, const uint8_t *lengths, size_t from, size_t to, uint8_t *n)
{
        size_t middle = (from + to) / 2;
        uint8_t at = *n;

        if (from == to)
                return 0;
        (*n)++;
        s->step[at].length = lengths[middle];
        s->step[at].longer = add_steps(s, lengths, middle + 1, to, n);
        s->step[at].shorter = add_steps(s, lengths, from, middle, n);
        return at;
}

/* Of the nodes of one layer and family. */
static void make_steps(struct guard_search *s, const struct node *nodes, size_t n)
{
        bool there[LENGTHS] = {};
        uint8_t lengths[LENGTHS], n_steps = 0;
        size_t n_lengths = 0;

        for (size_t i = 0; i < n; i++)
                there[nodes[i].prefix.length] = true;
        for (unsigned length = 0; length < LENGTHS; length++)
                if (there[length])
                        lengths[n_lengths++] = (uint8_t) length;
        (void) add_steps(s, lengths, 0, n_lengths, &n_steps);
        s->n_steps = (uint32_t) n_lengths;
}

static struct prefix cut(const struct prefix *p, uint8_t length)
{
        struct prefix r = { .family = p->family, .length = length };

        memcpy(r.bytes, p->bytes, (length + 7u) / 8);
        if (length % 8)
                r.bytes[length / 8] &= (uint8_t) (0xff << (8 - length % 8));
        return r;
}

/* The markers that lead to a node. */
static int mark(const struct guard_search *s, const struct node *to, struct nodes *markers)
{
        int r = 0;

        for (uint8_t at = 0; s->step[at].length != to->prefix.length && r >= 0;) {
                const struct guard_step *step = &s->step[at];

                if (step->length < to->prefix.length) {
                        struct node marker = { .prefix = cut(&to->prefix, step->length), .layer = to->layer };

                        r = push(markers, &marker);
                        at = step->longer;
                } else
                        at = step->shorter;
        }
        return r;
}

static int add_markers(struct table *t, struct nodes *nodes)
{
        size_t n = nodes->n;
        int r = 0;

        for (size_t i = 0, next; i < n && r >= 0; i = next) {
                struct guard_layer *layer = &t->layers[nodes->at[i].layer];
                struct guard_search *s = nodes->at[i].prefix.family == 4 ? &layer->v4 : &layer->v6;

                for (next = i; next < n && nodes->at[next].layer == nodes->at[i].layer &&
                               nodes->at[next].prefix.family == nodes->at[i].prefix.family;)
                        next++;
                make_steps(s, nodes->at + i, next - i);
                for (size_t j = i; j < next && r >= 0; j++) {
                        struct node to = nodes->at[j];

                        r = mark(s, &to, nodes);
                }
        }
        return r;
}

/* A marker says what is around it, and is the prefix where there is one. */
static void settle_markers(struct nodes *nodes)
{
        size_t stack[LENGTHS + 1], depth = 0, n = 0;

        if (nodes->n > 0)
                qsort(nodes->at, nodes->n, sizeof(*nodes->at), compare_nodes);
        for (size_t i = 0; i < nodes->n; i++) {
                struct node node = nodes->at[i];

                if (n > 0 && compare_prefix(&nodes->at[n - 1].prefix, nodes->at[n - 1].layer, &node.prefix, node.layer) == 0)
                        continue;
                while (depth > 0 && !covers(&nodes->at[stack[depth - 1]], &node.prefix, node.layer))
                        depth--;
                if (node.term.kind == GUARD_TERM_NONE && depth > 0)
                        node.term = nodes->at[stack[depth - 1]].term;
                stack[depth++] = n;
                nodes->at[n++] = node;
        }
        nodes->n = n;
}

int table_make(struct table *t, struct entry *entries, size_t n, uint32_t *ret_layer)
{
        struct nodes nodes = {};
        int r = flatten(t, entries, n, &nodes, ret_layer);

        if (r >= 0)
                r = add_markers(t, &nodes);
        if (r >= 0) {
                settle_markers(&nodes);
                r = table_fill_lines(t, &nodes);
        }
        free(nodes.at);
        return r;
}

void table_clear(struct table *t)
{
        free(t->lines);
        free(t->blocks);
        free(t->hashes);
        *t = (struct table){};
}
