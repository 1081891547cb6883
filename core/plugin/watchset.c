/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/watchset.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static int compare_keys(const void *a, const void *b)
{
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

void watchset_begin(struct watchset *w)
{
        /* The array grows by its count: it cannot be kept for reuse. */
        free(w->next);
        w->next = NULL;
        w->n_next = 0;
}

int watchset_add(struct watchset *w, uint64_t key)
{
        int r;

        r = array_reserve(&w->next, w->n_next, sizeof(*w->next));
        if (r < 0)
                return r;

        w->next[w->n_next++] = key;
        return 0;
}

bool watchset_differs(struct watchset *w)
{
        size_t n = 0;

        if (w->n_next > 0)
                qsort(w->next, w->n_next, sizeof(*w->next), compare_keys);

        for (size_t i = 0; i < w->n_next; i++)
                if (n == 0 || w->next[n - 1] != w->next[i])
                        w->next[n++] = w->next[i];
        w->n_next = n;

        return n != w->n || (n > 0 && memcmp(w->next, w->keys, n * sizeof(*w->keys)) != 0);
}

void watchset_commit(struct watchset *w)
{
        free(w->keys);
        w->keys = w->next;
        w->n = w->n_next;
        w->next = NULL;
        w->n_next = 0;
}

bool watchset_has(const struct watchset *w, uint64_t key)
{
        return w->n > 0 && bsearch(&key, w->keys, w->n, sizeof(*w->keys), compare_keys);
}

void watchset_clear(struct watchset *w)
{
        free(w->keys);
        free(w->next);
        *w = (struct watchset) {};
}
