/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_LEAST 64

void index_clear(struct index *x)
{
        free(x->buckets);
        *x = (struct index){};
}

static struct index_node **bucket(struct index_node **buckets, size_t n_buckets, uint64_t hash)
{
        return &buckets[hash & (n_buckets - 1)];
}

/* Backwards, so that those of one hash keep their sequence. */
static void move(struct index_node *node, struct index_node **buckets, size_t n_buckets)
{
        struct index_node **to;

        if (!node)
                return;

        move(node->next, buckets, n_buckets);
        to = bucket(buckets, n_buckets, node->hash);
        node->next = *to;
        *to = node;
}

int index_reserve(struct index *x)
{
        size_t n = x->n_buckets ? x->n_buckets * 2 : BUCKETS_LEAST;
        struct index_node **buckets;

        if (x->n < x->n_buckets)
                return 0;

        buckets = calloc(n, sizeof(struct index_node *));
        if (!buckets)
                return x->n_buckets > 0 ? 0 : -ENOMEM;

        for (size_t i = 0; i < x->n_buckets; i++)
                move(x->buckets[i], buckets, n);
        free(x->buckets);
        x->buckets = buckets;
        x->n_buckets = n;
        return 0;
}

void index_add(struct index *x, struct index_node *node, uint64_t hash)
{
        struct index_node **at = bucket(x->buckets, x->n_buckets, hash);

        node->hash = hash;
        node->next = *at;
        *at = node;
        x->n++;
}

void index_remove(struct index *x, struct index_node *node)
{
        struct index_node **at = bucket(x->buckets, x->n_buckets, node->hash);

        while (*at != node)
                at = &(*at)->next;
        *at = node->next;
        x->n--;
}

static struct index_node *skip(struct index_node *node, uint64_t hash)
{
        while (node && node->hash != hash)
                node = node->next;
        return node;
}

struct index_node *index_first(const struct index *x, uint64_t hash)
{
        return x->n_buckets > 0 ? skip(*bucket(x->buckets, x->n_buckets, hash), hash) : NULL;
}

struct index_node *index_next(const struct index_node *node)
{
        return skip(node->next, node->hash);
}

/* FNV-1a: short keys, and nobody hostile chooses enough of them. */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
        const unsigned char *p = data;

        if (hash == 0)
                hash = 0xcbf29ce484222325;
        for (size_t i = 0; i < size; i++)
                hash = (hash ^ p[i]) * 0x100000001b3;
        return hash;
}

/* With the byte that ends it: "ab" and "c" are not "a" and "bc". */
uint64_t hash_string(uint64_t hash, const char *s)
{
        return hash_bytes(hash, s, strlen(s) + 1);
}
