/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/block.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <uthash.h>

#include "record/object-names.h"
#include "util/array.h"
#include "util/ownership.h"

/* Frames in a row in which a series was measured. */
struct run {
        uint32_t begin, end;
};

struct column_key {
        uint64_t metric, object;
};

struct column {
        struct column_key key;
        bool histogram;
        double *values;
        size_t n;
        struct bytes slots;
        struct run *runs;
        size_t n_runs;
        UT_hash_handle hh;
};

struct frame_time {
        uint64_t time_ns, lost;
};

struct block_writer {
        struct frame_time *frames;
        size_t n_frames;
        uint64_t number;        /* of this block, from 1 on */
        struct bytes names;     /* records of objects that were there before */
        struct bytes items;
        struct bytes body;      /* of the record being made */
        struct column *columns; /* (metric, object) -> column */
        struct object_names *objects;
        uint32_t *scopes;       /* metric number -> scope + 1; 0: not told */
        size_t n_scopes;
        size_t size;
        uint64_t steps_ns[BLOCK_FRAMES_MAX];
};

/* Of a column without its values: record, numbers, one run. */
enum { COLUMN_COST = 16 };

/* Numbers of metrics are dense; one far off is not ours. */
enum { METRICS_MAX = 1 << 16 };

DEFINE_CLEANUP(struct block_writer *, block_writer_free);

int block_writer_new(struct block_writer **ret)
{
        _cleanup_(block_writer_freep) struct block_writer *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        r = object_names_new(&w->objects);
        if (r < 0)
                return r;
        w->number = 1;
        *ret = TAKE(w);
        return 0;
}

static void column_drop(struct block_writer *w, struct column *c)
{
        HASH_DEL(w->columns, c);
        free(c->values);
        bytes_clear(&c->slots);
        free(c->runs);
        free(c);
}

struct block_writer *block_writer_free(struct block_writer *w)
{
        struct column *c, *next;

        if (!w)
                return NULL;
        HASH_ITER(hh, w->columns, c, next)
                column_drop(w, c);
        object_names_free(w->objects);
        free(w->frames);
        bytes_clear(&w->names);
        bytes_clear(&w->items);
        bytes_clear(&w->body);
        free(w->scopes);
        free(w);
        return NULL;
}

static int know_metric(struct block_writer *w, uint32_t number, uint32_t scope)
{
        uint32_t *grown;

        if (number >= METRICS_MAX || scope == UINT32_MAX)
                return -EINVAL;
        if (number >= w->n_scopes) {
                grown = reallocarray(w->scopes, number + 1, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                memset(grown + w->n_scopes, 0, (number + 1 - w->n_scopes) * sizeof(*grown));
                w->scopes = grown;
                w->n_scopes = number + 1;
        }
        w->scopes[number] = scope + 1;
        return 0;
}

int block_know(struct block_writer *w, const struct item *item)
{
        switch (item->kind) {
        case ITEM_METRIC:
                return know_metric(w, item->metric.number, item->metric.scope);
        case ITEM_OBJECT:
                return object_names_add(w->objects, item->object.id, item->object.name, w->number);
        case ITEM_GONE:
                object_names_drop(w->objects, item->gone);
                return 0;
        case ITEM_SCOPE:
        case ITEM_KNOB:
        case ITEM_SETTING:
        case ITEM_DECISION:
        case ITEM_OUTCOME:
                return 0;
        }
        return -EINVAL;
}

int block_frame(struct block_writer *w, uint64_t time_ns, uint64_t lost)
{
        int r;

        if (w->n_frames == BLOCK_FRAMES_MAX)
                return -ENOSPC;
        if (w->n_frames > 0 && time_ns < w->frames[w->n_frames - 1].time_ns)
                return -EINVAL;
        r = array_reserve(&w->frames, w->n_frames, sizeof(*w->frames));
        if (r < 0)
                return r;
        w->frames[w->n_frames++] = (struct frame_time) { time_ns, lost };
        return 0;
}

static void add_item(struct block_writer *w, struct bytes *to, uint64_t frame, const struct item *item)
{
        bytes_reset(&w->body);
        bytes_uint(&w->body, frame);
        item_write(&w->body, item);
        bytes_record(to, item->kind, &w->body);
}

int block_item(struct block_writer *w, const struct item *item)
{
        int r;

        if (w->n_frames == 0)
                return -EINVAL;
        r = block_know(w, item);
        if (r < 0)
                return r;
        add_item(w, &w->items, w->n_frames - 1, item);
        return w->items.error;
}

/* Its first column in this block: unless something has told it already, the block begins with the object's
 * name. */
static void tell_name(struct block_writer *w, const struct reading *reading)
{
        struct object_name *known;

        known = object_names_find(w->objects, (struct oid) { w->scopes[reading->metric] - 1, reading->object });
        if (!known || known->told_in == w->number)
                return;
        known->told_in = w->number;
        add_item(w, &w->names, 0, &(struct item) { .kind = ITEM_OBJECT, .object = { known->id, known->name } });
}

static struct column *find_column(struct block_writer *w, const struct reading *reading)
{
        struct column_key key = { reading->metric, reading->object };
        struct column *c = NULL;

        HASH_FIND(hh, w->columns, &key, sizeof(key), c);
        if (!c) {
                c = calloc(1, sizeof(*c));
                if (!c)
                        return NULL;
                c->key = key;
                c->histogram = reading->histogram;
                HASH_ADD(hh, w->columns, key, sizeof(c->key), c);
        }
        if (c->n == 0) {
                c->histogram = reading->histogram;
                tell_name(w, reading);
                w->size += COLUMN_COST;
        }
        return c;
}

/* This frame is one with a value. */
static int extend_runs(struct column *c, uint32_t frame)
{
        struct run *last = c->n_runs > 0 ? &c->runs[c->n_runs - 1] : NULL;
        int r;

        if (last && last->end > frame)
                return -EINVAL;
        if (last && last->end == frame) {
                last->end++;
                return 0;
        }
        r = array_reserve(&c->runs, c->n_runs, sizeof(*c->runs));
        if (r < 0)
                return r;
        c->runs[c->n_runs++] = (struct run) { frame, frame + 1 };
        return 0;
}

int block_reading(struct block_writer *w, const struct reading *reading)
{
        struct column *c;
        size_t before;
        int r;

        if (w->n_frames == 0 || reading->metric >= w->n_scopes || w->scopes[reading->metric] == 0 ||
            (reading->histogram ? isinf(reading->value) : !isfinite(reading->value)))
                return -EINVAL;

        c = find_column(w, reading);
        if (!c)
                return -ENOMEM;
        if (c->histogram != reading->histogram)
                return -EINVAL;
        r = array_reserve(&c->values, c->n, sizeof(*c->values));
        if (r >= 0)
                r = extend_runs(c, (uint32_t) w->n_frames - 1);
        if (r < 0)
                return r;

        w->size += c->n > 0 ? numbers_cost(reading->value, c->values[c->n - 1]) : sizeof(double);
        c->values[c->n++] = reading->value;
        if (!c->histogram)
                return 0;
        before = c->slots.n;
        slots_write(&c->slots, reading->slots, reading->n_slots);
        w->size += c->slots.n - before;
        return c->slots.error;
}

struct block_span block_span(const struct block_writer *w)
{
        if (w->n_frames == 0)
                return (struct block_span) {};
        return (struct block_span) {
                .n_frames = w->n_frames,
                .first_ns = w->frames[0].time_ns,
                .last_ns = w->frames[w->n_frames - 1].time_ns,
                .size = w->size + w->names.n + w->items.n,
        };
}

/* When the frames were: the first, then how much later each is than expected from the two before. */
static void write_axis(struct block_writer *w, struct bytes *ret)
{
        struct bytes *b = &w->body;
        uint64_t step = 0, n_lost = 0, at = 0;

        bytes_reset(b);
        bytes_uint(b, w->n_frames);
        bytes_uint(b, w->frames[0].time_ns);
        for (size_t i = 1; i < w->n_frames; i++) {
                uint64_t now = w->frames[i].time_ns - w->frames[i - 1].time_ns;

                bytes_int(b, (int64_t) (now - step));
                step = now;
        }

        for (size_t i = 0; i < w->n_frames; i++)
                n_lost += w->frames[i].lost > 0;
        bytes_uint(b, n_lost);
        for (size_t i = 0; i < w->n_frames; i++)
                if (w->frames[i].lost > 0) {
                        bytes_uint(b, i - at);
                        bytes_uint(b, w->frames[i].lost);
                        at = i;
                }
        bytes_record(ret, RECORD_AXIS, b);
}

/* How long after the one before each value of a column came. */
static const uint64_t *steps_of(struct block_writer *w, const struct column *c)
{
        uint64_t before_ns = w->frames[c->runs[0].begin].time_ns;
        size_t n = 0;

        for (size_t i = 0; i < c->n_runs; i++)
                for (uint32_t frame = c->runs[i].begin; frame < c->runs[i].end; frame++) {
                        w->steps_ns[n++] = w->frames[frame].time_ns - before_ns;
                        before_ns = w->frames[frame].time_ns;
                }
        return w->steps_ns;
}

static void write_column(struct block_writer *w, const struct column *c, struct bytes *ret)
{
        struct bytes *b = &w->body;
        uint32_t at = 0;

        bytes_reset(b);
        bytes_uint(b, c->key.metric);
        bytes_uint(b, c->key.object);
        bytes_uint(b, c->histogram);
        bytes_uint(b, c->n_runs);
        for (size_t i = 0; i < c->n_runs; i++) {
                bytes_uint(b, c->runs[i].begin - at);
                bytes_uint(b, c->runs[i].end - c->runs[i].begin);
                at = c->runs[i].end;
        }
        if (c->histogram) {
                bytes_uint(b, c->slots.n);
                bytes_add(b, c->slots.data, c->slots.n);
        }
        numbers_write(b, c->values, steps_of(w, c), c->n);
        bytes_record(ret, RECORD_COLUMN, b);
}

static int compare_columns(const struct column *a, const struct column *b)
{
        if (a->key.metric != b->key.metric)
                return a->key.metric < b->key.metric ? -1 : 1;
        return (a->key.object > b->key.object) - (a->key.object < b->key.object);
}

int block_finish(struct block_writer *w, struct bytes *ret)
{
        struct column *c, *next;

        if (w->n_frames == 0)
                return 0;

        write_axis(w, ret);
        bytes_add(ret, w->names.data, w->names.n);
        bytes_add(ret, w->items.data, w->items.n);

        /* Like stands beside like: zlib finds more that repeats. */
        HASH_SORT(w->columns, compare_columns);
        HASH_ITER(hh, w->columns, c, next) {
                if (c->n == 0) {
                        column_drop(w, c); /* nothing came for a whole block */
                        continue;
                }
                write_column(w, c, ret);
                c->n = c->n_runs = 0;
                bytes_reset(&c->slots);
        }

        bytes_reset(&w->names);
        bytes_reset(&w->items);
        w->n_frames = w->size = 0;
        w->number++;
        return ret->error < 0 ? ret->error : w->names.error;
}
