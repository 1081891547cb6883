/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/ledger-list.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/str.h"

#define ENTRY_OF(node, member)                                                                               \
        ((struct ledger_entry *) ((char *) (node) -offsetof(struct ledger_entry, member)))

void ledger_list_clear(struct ledger_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                ledger_entry_free(l->items[i]);
        free(l->items);
        index_clear(&l->by_target);
        index_clear(&l->by_file);
        *l = (struct ledger_list){};
}

static int by_number(const void *a, const void *b)
{
        const struct ledger_entry *x = *(struct ledger_entry *const *) a,
                                  *y = *(struct ledger_entry *const *) b;

        return (x->number > y->number) - (x->number < y->number);
}

void ledger_list_sort(struct ledger_list *l)
{
        if (l->n > 0)
                qsort(l->items, l->n, sizeof(*l->items), by_number);
}

/* --- finding --- */

struct ledger_entry *ledger_list_find(const struct ledger_list *l, const struct target *t)
{
        struct index_node *node = index_first(&l->by_target, target_hash(t));

        for (; node; node = index_next(node))
                if (target_same(&ENTRY_OF(node, by_target)->target, t))
                        return ENTRY_OF(node, by_target);

        return NULL;
}

struct ledger_entry *ledger_list_find_file(const struct ledger_list *l, const char *path, const char *key)
{
        struct index_node *node = index_first(&l->by_file, hash_string(0, path));

        for (; node; node = index_next(node)) {
                struct ledger_entry *e = ENTRY_OF(node, by_file);

                if (streq(e->target.path, path) && (!key || streq(e->target.form.key, key)))
                        return e;
        }

        return NULL;
}

struct ledger_entry *ledger_list_next_file(const struct ledger_entry *e)
{
        struct index_node *node = index_next(&e->by_file);

        while (node && !streq(ENTRY_OF(node, by_file)->target.path, e->target.path))
                node = index_next(node);
        return node ? ENTRY_OF(node, by_file) : NULL;
}

struct ledger_entry *ledger_list_find_number(const struct ledger_list *l, uint64_t number)
{
        for (size_t i = 0; i < l->n; i++)
                if (l->items[i]->number == number)
                        return l->items[i];

        return NULL;
}

/* --- changing --- */

static void index_entry(struct ledger_list *l, struct ledger_entry *e)
{
        index_add(&l->by_target, &e->by_target, target_hash(&e->target));
        index_add(&l->by_file, &e->by_file, hash_string(0, e->target.path));
}

static void unindex_entry(struct ledger_list *l, struct ledger_entry *e)
{
        index_remove(&l->by_target, &e->by_target);
        index_remove(&l->by_file, &e->by_file);
}

int ledger_list_reserve(struct ledger_list *l)
{
        int r;

        r = array_reserve(&l->items, l->n, sizeof(*l->items));
        if (r >= 0)
                r = index_reserve(&l->by_target);
        if (r >= 0)
                r = index_reserve(&l->by_file);
        return r;
}

void ledger_list_add(struct ledger_list *l, struct ledger_entry *e)
{
        index_entry(l, e);
        l->items[l->n++] = e;
}

static size_t place_of(const struct ledger_list *l, const struct ledger_entry *e)
{
        size_t i = 0;

        while (l->items[i] != e)
                i++;
        return i;
}

void ledger_list_drop(struct ledger_list *l, struct ledger_entry *e)
{
        size_t i = place_of(l, e);

        unindex_entry(l, e);
        ledger_entry_free(e);
        memmove(l->items + i, l->items + i + 1, (--l->n - i) * sizeof(*l->items));
}

void ledger_list_replace(struct ledger_list *l, struct ledger_entry *old, struct ledger_entry *e)
{
        l->items[place_of(l, old)] = e;
        unindex_entry(l, old);
        ledger_entry_free(old);
        index_entry(l, e);
}
