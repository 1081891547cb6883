/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "record/block.h"
#include "util/array.h"
#include "util/ownership.h"

struct column {
        uint32_t metric;
        uint32_t begin, end; /* the run of frames it is in, or waits for */
        uint32_t last;       /* the frame of its last value */
        uint64_t object;
        uint64_t n_runs; /* behind that one */
        bool histogram, ended;
        struct numbers numbers;
        struct scan runs, slots;
};

struct block_reader {
        uint64_t *times, *lost; /* of each frame */
        uint32_t n_frames, frame; /* frame: how many have begun */
        struct scan items;
        bool have_item; /* kind and body are of an item of a later frame */
        uint64_t item_kind, item_frame;
        struct scan item_body;
        struct column *columns;
        size_t n_columns, column; /* column: the next to look at in this frame */
        size_t damage;
        struct slot_count slots[TRIMTAB_HIST_SLOTS];
};

DEFINE_CLEANUP(struct block_reader *, block_reader_free);

struct block_reader *block_reader_free(struct block_reader *r)
{
        if (!r)
                return NULL;
        free(r->times);
        free(r->lost);
        free(r->columns);
        free(r);
        return NULL;
}

static int read_axis(struct block_reader *r, struct scan body)
{
        uint64_t n = scan_uint(&body), step = 0, n_lost, at = 0;

        if (n == 0 || n > BLOCK_FRAMES_MAX)
                return -EBADMSG;
        r->times = calloc(n, sizeof(*r->times));
        r->lost = calloc(n, sizeof(*r->lost));
        if (!r->times || !r->lost)
                return -ENOMEM;
        r->n_frames = (uint32_t) n;

        r->times[0] = scan_uint(&body);
        for (uint64_t i = 1; i < n; i++) {
                step += (uint64_t) scan_int(&body);
                r->times[i] = r->times[i - 1] + step;
                if (r->times[i] < r->times[i - 1])
                        return -EBADMSG;
        }

        n_lost = scan_uint(&body);
        for (uint64_t i = 0; i < n_lost && !body.bad; i++) {
                uint64_t gap = scan_uint(&body);

                if (gap >= n - at)
                        return -EBADMSG;
                at += gap;
                r->lost[at] = scan_uint(&body);
        }
        return body.bad ? -EBADMSG : 0;
}

/* The column's next run of frames. */
static bool next_run(struct column *c)
{
        uint64_t skip, length;

        if (c->n_runs == 0)
                return false;
        c->n_runs--;
        skip = scan_uint(&c->runs);
        length = scan_uint(&c->runs);
        if (c->runs.bad || length == 0 || skip > BLOCK_FRAMES_MAX || length > BLOCK_FRAMES_MAX)
                return false;
        c->begin = c->end + (uint32_t) skip;
        c->end = c->begin + (uint32_t) length;
        return c->end <= BLOCK_FRAMES_MAX;
}

static int read_column(struct scan body, struct column *ret)
{
        struct scan runs;

        *ret = (struct column) { .metric = scan_uint32(&body) };
        ret->object = scan_uint(&body);
        ret->histogram = scan_uint(&body) != 0;
        ret->n_runs = scan_uint(&body);

        /* They are read one by one, as their time comes: here only passed over. */
        runs = body;
        for (uint64_t i = 0; i < ret->n_runs && !body.bad; i++) {
                (void) scan_uint(&body);
                (void) scan_uint(&body);
        }
        ret->runs = runs;
        if (ret->histogram)
                ret->slots = scan_part(&body, scan_uint(&body));
        if (body.bad || !next_run(ret))
                return -EBADMSG;
        return numbers_begin(&ret->numbers, body);
}

static int read_columns(struct block_reader *r, struct scan all)
{
        struct scan body;
        uint64_t kind;
        int error;

        while (scan_record(&all, &kind, &body)) {
                if (kind != RECORD_COLUMN)
                        continue;
                error = array_reserve(&r->columns, r->n_columns, sizeof(*r->columns));
                if (error < 0)
                        return error;
                if (read_column(body, &r->columns[r->n_columns]) < 0)
                        r->damage++;
                else
                        r->n_columns++;
        }
        return all.bad ? -EBADMSG : 0;
}

int block_reader_new(const void *data, size_t size, struct block_reader **ret)
{
        _cleanup_(block_reader_freep) struct block_reader *r = calloc(1, sizeof(*r));
        struct scan all = scan_of(data, size), body;
        uint64_t kind;
        int error;

        if (!r)
                return -ENOMEM;
        if (!scan_record(&all, &kind, &body) || kind != RECORD_AXIS)
                return -EBADMSG;
        error = read_axis(r, body);
        if (error >= 0) {
                r->items = all;
                error = read_columns(r, all);
        }
        if (error < 0)
                return error;

        *ret = TAKE(r);
        return 0;
}

int block_next_frame(struct block_reader *r, uint64_t *ret_time_ns, uint64_t *ret_lost)
{
        struct reading rest;

        /* Columns go on from where they are: what nobody asked for is read all the same. */
        while (r->frame > 0 && block_next_reading(r, &rest) > 0)
                ;
        if (r->frame == r->n_frames)
                return 0;
        *ret_time_ns = r->times[r->frame];
        *ret_lost = r->lost[r->frame];
        r->frame++;
        r->column = 0;
        return 1;
}

/* Looks one item ahead: it may be of a later frame. */
static bool look_ahead(struct block_reader *r)
{
        while (!r->have_item && scan_record(&r->items, &r->item_kind, &r->item_body)) {
                if (r->item_kind >= RECORD_AXIS)
                        continue;
                r->item_frame = scan_uint(&r->item_body);
                r->have_item = true;
        }
        return r->have_item;
}

int block_next_item(struct block_reader *r, struct item *ret)
{
        while (look_ahead(r) && r->item_frame < r->frame) {
                int error;

                r->have_item = false;
                error = item_read(r->item_kind, r->item_body, ret);
                if (error >= 0)
                        return 1;
                if (error != -EOPNOTSUPP) /* a later version's is no damage */
                        r->damage++;
        }
        return 0;
}

/* What the column has for this frame. -EBADMSG: nothing more can be had of it. */
static int column_value(struct block_reader *r, struct column *c, uint32_t frame, struct reading *ret)
{
        uint64_t step_ns = r->times[frame] - r->times[c->last];
        int n = 0;

        c->last = frame;
        ret->metric = c->metric;
        ret->object = c->object;
        ret->histogram = c->histogram;
        ret->value = numbers_next(&c->numbers, step_ns);
        if (c->histogram)
                n = slots_read(&c->slots, r->slots);
        if (n < 0 || c->numbers.scan.bad || (c->histogram ? isinf(ret->value) : !isfinite(ret->value)))
                return -EBADMSG;
        ret->slots = r->slots;
        ret->n_slots = (size_t) n;
        return 0;
}

int block_next_reading(struct block_reader *r, struct reading *ret)
{
        while (r->column < r->n_columns) {
                struct column *c = &r->columns[r->column++];
                uint32_t frame = r->frame - 1;

                if (c->ended || frame < c->begin)
                        continue;
                if (column_value(r, c, frame, ret) < 0) {
                        c->ended = true;
                        r->damage++;
                        continue;
                }
                if (frame + 1 == c->end)
                        c->ended = !next_run(c);
                return 1;
        }
        return 0;
}

size_t block_damage(const struct block_reader *r)
{
        return r->damage;
}
