/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The keys are two numbers: a multiplication mixes them better than a hash of bytes, at a tenth of its cost. */
#define HASH_FUNCTION(key, length, hash)                                                                     \
        do {                                                                                                 \
                const uint64_t *numbers_ = (const uint64_t *) (const void *) (key);                          \
                uint64_t mixed_ = (numbers_[1] ^ numbers_[0] << 32) * 0x9e3779b97f4a7c15ull;                 \
                (hash) = (unsigned) (mixed_ >> 32);                                                          \
        } while (0)
#include <uthash.h>

#include "sense/series.h"
#include "util/clock.h"
#include "util/cleanup.h"

/* The window of a function that names none, and so the least that is worth keeping. */
#define KEEP_MIN_NS (10 * NSEC_PER_SEC)

/* What a reading of a series looks at: all but the rings and their bookkeeping, see struct series. */
#define SERIES_READING_SIZE offsetof(struct series, ring)
#define CACHE_LINE 64

struct series_key {
        uint64_t metric, object;
};

/* The key of an entry without a series. No metric has that number. */
static const struct series_key no_key = { UINT64_MAX, UINT64_MAX };

/* Once made it stays until the store goes, so that a hint can be looked at whatever became of its series. */
struct entry {
        struct series_key key;
        struct series series;
        struct entry *then; /* what was put after it; without a series: the next such */
        UT_hash_handle hh;
};

struct store {
        const struct catalogue *catalogue;
        struct entry *entries; /* (metric, object) -> series */
        struct entry *free;    /* those without a series */
        struct entry *last_put;
        uint64_t *keep_ns;     /* metric number -> how long */
        size_t n_keep;
        struct store_tap tap;  /* value NULL: nobody */
};

int store_new(const struct catalogue *c, struct store **ret)
{
        struct store *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->catalogue = c;
        *ret = s;
        return 0;
}

static void entry_drop(struct store *s, struct entry *e)
{
        HASH_DEL(s->entries, e);
        series_clear(&e->series);
        e->key = no_key;
        e->then = s->free;
        s->free = e;
        if (s->last_put == e)
                s->last_put = NULL;
}

struct store *store_free(struct store *s)
{
        struct entry *e, *next;

        if (!s)
                return NULL;
        HASH_ITER(hh, s->entries, e, next)
                entry_drop(s, e);
        for (e = s->free; e; e = next) {
                next = e->then;
                free(e);
        }
        free(s->keep_ns);
        free(s);
        return NULL;
}

static uint64_t keep_of(const struct store *s, uint32_t metric)
{
        return metric < s->n_keep && s->keep_ns[metric] > KEEP_MIN_NS ? s->keep_ns[metric] : KEEP_MIN_NS;
}

void store_keep(struct store *s, uint32_t metric, uint64_t window_ns)
{
        if (metric >= s->n_keep) {
                size_t n = catalogue_n_metrics(s->catalogue);
                uint64_t *grown = metric < n ? reallocarray(s->keep_ns, n, sizeof(*grown)) : NULL;

                if (!grown)
                        return; /* the default span stays: a longer window sees less of the past */
                memset(grown + s->n_keep, 0, (n - s->n_keep) * sizeof(*grown));
                s->keep_ns = grown;
                s->n_keep = n;
        }
        if (window_ns > s->keep_ns[metric])
                s->keep_ns[metric] = window_ns;
}

static bool is_of(const struct entry *e, uint32_t metric, uint64_t object)
{
        return e->key.metric == metric && e->key.object == object;
}

static struct entry *find(const struct store *s, uint32_t metric, uint64_t object)
{
        struct series_key key = { metric, object };
        struct entry *e = NULL;

        HASH_FIND(hh, s->entries, &key, sizeof(key), e);
        return e;
}

static struct entry *find_or_add(struct store *s, uint32_t metric, uint64_t object)
{
        struct entry *e = find(s, metric, object);

        if (e)
                return e;
        e = s->free ?: calloc(1, sizeof(*e));
        if (!e)
                return NULL;
        if (s->free)
                s->free = e->then;
        e->then = NULL;
        e->key = (struct series_key) { metric, object };
        HASH_ADD(hh, s->entries, key, sizeof(e->key), e);
        return e;
}

/* Plugins put in the same order every time: what came after the last one then is looked at before one searches. */
static struct entry *entry_to_put(struct store *s, uint32_t metric, uint64_t object)
{
        struct entry *e = s->last_put ? s->last_put->then : NULL;

        if (!e || !is_of(e, metric, object))
                e = find_or_add(s, metric, object);
        if (e && s->last_put)
                s->last_put->then = e;
        if (e)
                s->last_put = e;
        return e;
}

void store_set_tap(struct store *s, const struct store_tap *tap)
{
        s->tap = tap ? *tap : (struct store_tap) {};
}

int store_put(struct store *s, uint32_t metric, uint64_t object, uint64_t now_ns, double value)
{
        struct entry *e;

        if (metric >= catalogue_n_metrics(s->catalogue))
                return -EINVAL;
        if (s->tap.value)
                s->tap.value(s->tap.userdata, metric, object, value);
        e = entry_to_put(s, metric, object);
        if (!e)
                return -ENOMEM;
        if (catalogue_metric_at(s->catalogue, metric)->kind == TRIMTAB_COUNTER)
                return series_put_counter(&e->series, keep_of(s, metric), now_ns, value);
        return series_put_gauge(&e->series, keep_of(s, metric), now_ns, value);
}

int store_put_histogram(struct store *s, uint32_t metric, uint64_t object, uint64_t now_ns, const uint64_t *slots,
                        uint32_t n_slots, double sum)
{
        struct entry *e;

        if (metric >= catalogue_n_metrics(s->catalogue) ||
            catalogue_metric_at(s->catalogue, metric)->kind != TRIMTAB_HISTOGRAM)
                return -EINVAL;
        if (s->tap.histogram)
                s->tap.histogram(s->tap.userdata, metric, object, slots, n_slots, sum);
        e = entry_to_put(s, metric, object);
        if (!e)
                return -ENOMEM;
        return series_put_histogram(&e->series, keep_of(s, metric), now_ns, slots, n_slots, sum);
}

int store_stat_hinted(const struct store *s, struct store_hint *hint, uint32_t metric, uint64_t object,
                      enum statistic stat, uint64_t window_ns, uint64_t now_ns, double *ret)
{
        struct entry *e = hint->entry;

        if (!e || !is_of(e, metric, object))
                e = hint->entry = find(s, metric, object);
        if (!e)
                return -ENODATA;
        return series_stat(&e->series, catalogue_metric_at(s->catalogue, metric)->kind, stat, window_ns, now_ns, ret);
}

void store_expect(const struct store_hint *hint)
{
        const char *entry = (const char *) hint->entry;

        for (size_t at = 0; entry && at < offsetof(struct entry, series) + SERIES_READING_SIZE; at += CACHE_LINE)
                __builtin_prefetch(entry + at);
}

int store_stat(const struct store *s, uint32_t metric, uint64_t object, enum statistic stat, uint64_t window_ns,
               uint64_t now_ns, double *ret)
{
        return store_stat_hinted(s, &(struct store_hint) {}, metric, object, stat, window_ns, now_ns, ret);
}

int store_last_time(const struct store *s, uint32_t metric, uint64_t object, uint64_t *ret_ns)
{
        const struct entry *e = find(s, metric, object);
        const struct sample *newest = e ? series_newest(&e->series) : NULL;

        if (!newest)
                return -ENODATA;
        *ret_ns = newest->time_ns;
        return 0;
}

static int compare_keys(const void *a, const void *b)
{
        const struct series_key *x = a, *y = b;

        if (x->metric != y->metric)
                return x->metric < y->metric ? -1 : 1;
        return (x->object > y->object) - (x->object < y->object);
}

int store_foreach(const struct store *s, int (*cb)(void *userdata, uint32_t metric, uint64_t object), void *userdata)
{
        _cleanup_free_ struct series_key *keys = NULL;
        struct entry *e, *next;
        size_t n = 0;
        int r;

        keys = calloc(HASH_COUNT(s->entries) + 1, sizeof(*keys));
        if (!keys)
                return -ENOMEM;
        HASH_ITER(hh, s->entries, e, next)
                keys[n++] = e->key;
        qsort(keys, n, sizeof(*keys), compare_keys);

        for (size_t i = 0; i < n; i++) {
                r = cb(userdata, (uint32_t) keys[i].metric, keys[i].object);
                if (r != 0)
                        return r;
        }
        return 0;
}

void store_forget(struct store *s, struct oid id)
{
        for (uint32_t m = 0; m < catalogue_n_metrics(s->catalogue); m++) {
                struct entry *e;

                if (catalogue_metric_at(s->catalogue, m)->scope != id.scope)
                        continue;
                e = find(s, m, id.key);
                if (e)
                        entry_drop(s, e);
        }
}

size_t store_size(const struct store *s)
{
        struct entry *e, *next;
        size_t size = 0;

        HASH_ITER(hh, s->entries, e, next)
                size += sizeof(*e) + series_size(&e->series);
        for (e = s->free; e; e = e->then)
                size += sizeof(*e);
        return size;
}
