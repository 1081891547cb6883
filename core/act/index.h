/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INDEX_H
#define TRIMTAB_INDEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hash table of nodes that live inside what they find. It knows hashes only: whoever looks compares the
 * rest. One that is all zero is empty.
 */

struct index_node {
        struct index_node *next;
        uint64_t hash;
};

struct index {
        struct index_node **buckets;
        size_t n_buckets; /* a power of two, or 0 */
        size_t n;
};

/* Takes no node with it. */
void index_clear(struct index *x);

/* Makes room for one more node. -ENOMEM: only without any room; else it gets slower. */
int index_reserve(struct index *x);
void index_add(struct index *x, struct index_node *node, uint64_t hash);
void index_remove(struct index *x, struct index_node *node);

/* The nodes of a hash, the one that was added last first; NULL: no more. */
struct index_node *index_first(const struct index *x, uint64_t hash);
struct index_node *index_next(const struct index_node *node);

/* Of bytes and strings, on top of the hash of what came before them (0: nothing). */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t size);
uint64_t hash_string(uint64_t hash, const char *s);

#endif
