/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_BLOCK_H
#define TRIMTAB_RECORD_BLOCK_H

#include <stddef.h>

#include "record/item.h"
#include "record/reading.h"

/*
 * A block: the frames of a while, measurements turned into columns, one a series. A block tells the names
 * of all objects that it has columns of: with the catalogue in the file's header it can be understood when
 * those before it are damaged.
 */

/* More frames than that are never in one block: a minute of ticks of 100 ms is 600. */
enum { BLOCK_FRAMES_MAX = 4096 };

struct block_writer;

int block_writer_new(struct block_writer **ret);
struct block_writer *block_writer_free(struct block_writer *w);

/* Takes note of an item that the file's header tells: it is not in any block. */
int block_know(struct block_writer *w, const struct item *item);

/* A frame begins; items and readings that follow are in it. Times do not go back: -EINVAL; -ENOSPC:
 * BLOCK_FRAMES_MAX. */
int block_frame(struct block_writer *w, uint64_t time_ns, uint64_t lost);
int block_item(struct block_writer *w, const struct item *item);
/* -EINVAL: of no metric that was told, a value that is none, or the second of its series in this frame. */
int block_reading(struct block_writer *w, const struct reading *reading);

struct block_span {
        size_t n_frames;
        uint64_t first_ns, last_ns;
        size_t size; /* about how many bytes it will be */
};
struct block_span block_span(const struct block_writer *w);

/* All since the last time, appended to *ret; the next block begins. */
int block_finish(struct block_writer *w, struct bytes *ret);

struct block_reader;

/* data stays the caller's and there. -EBADMSG: this is no block; what is wrong further inside costs only
 * itself. */
int block_reader_new(const void *data, size_t size, struct block_reader **ret);
struct block_reader *block_reader_free(struct block_reader *r);

/* 1: the next frame; 0: no more. */
int block_next_frame(struct block_reader *r, uint64_t *ret_time_ns, uint64_t *ret_lost);
/* Of this frame. 1: *ret is it, valid until the next call; 0: no more. */
int block_next_item(struct block_reader *r, struct item *ret);
int block_next_reading(struct block_reader *r, struct reading *ret);
/* Items and columns that could not be read so far. */
size_t block_damage(const struct block_reader *r);

#endif
