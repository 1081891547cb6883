/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/slot-totals.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

struct series_key {
        uint64_t metric, object;
};

struct entry {
        struct series_key key;
        uint64_t slots[TRIMTAB_HIST_SLOTS];
        UT_hash_handle hh;
};

struct slot_totals {
        struct entry *entries; /* (metric, object) -> entry */
};

int slot_totals_new(struct slot_totals **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static void drop(struct slot_totals *t, struct entry *e)
{
        HASH_DEL(t->entries, e);
        free(e);
}

struct slot_totals *slot_totals_free(struct slot_totals *t)
{
        struct entry *e, *next;

        if (!t)
                return NULL;
        HASH_ITER(hh, t->entries, e, next)
                drop(t, e);
        free(t);
        return NULL;
}

static struct entry *find(const struct slot_totals *t, uint32_t metric, uint64_t object)
{
        struct series_key key = { metric, object };
        struct entry *e = NULL;

        HASH_FIND(hh, t->entries, &key, sizeof(key), e);
        return e;
}

uint64_t *slot_totals_of(struct slot_totals *t, uint32_t metric, uint64_t object, bool *ret_new)
{
        struct entry *e = find(t, metric, object);

        if (ret_new)
                *ret_new = !e;
        if (e)
                return e->slots;
        e = calloc(1, sizeof(*e));
        if (!e)
                return NULL;
        e->key = (struct series_key) { metric, object };
        HASH_ADD(hh, t->entries, key, sizeof(e->key), e);
        return e->slots;
}

void slot_totals_forget(struct slot_totals *t, const struct catalogue *catalogue, struct oid object)
{
        for (uint32_t m = 0; m < catalogue_n_metrics(catalogue); m++) {
                const struct metric *metric = catalogue_metric_at(catalogue, m);
                struct entry *e = NULL;

                if (metric->scope == object.scope && metric->kind == TRIMTAB_HISTOGRAM)
                        e = find(t, m, object.key);
                if (e)
                        drop(t, e);
        }
}
