/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORDING_H
#define TRIMTAB_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "record/header.h"
#include "record/item.h"
#include "record/reading.h"

/*
 * Recordings in files: what was measured and decided on a machine, tick by tick. trimtab-recording(5) has
 * the format. A file is a header and blocks, each compressed and checked on its own: whatever became of the
 * rest, a whole block reads.
 */

/* No block holds more than this before it is compressed: a reader need not believe a larger size. */
#define RECORDING_BLOCK_MAX (16u << 20)

struct recording_writer;

/*
 * Begins a recording at the current end of fd (the caller's, an empty file opened for writing). header
 * stays the caller's. max_size: bytes that the file may not exceed; 0: as it comes. -errno of the write.
 */
int recording_writer_new(int fd, const struct header *header, uint64_t max_size, struct recording_writer **ret);
/* What was not flushed is lost. */
struct recording_writer *recording_writer_free(struct recording_writer *w);

/*
 * A frame begins; items and readings that follow are in it. lost: so many before it have no readings,
 * nobody could keep up. A block that has lasted as long as the recording before it, at most a minute, or
 * has 1 MiB, is written first. -EFBIG: it would not fit into max_size; another -errno: it could not be
 * written. The file then ends behind its last whole block, and takes no more. -EINVAL: time went back.
 */
int recording_writer_frame(struct recording_writer *w, uint64_t time_ns, uint64_t lost);
int recording_writer_item(struct recording_writer *w, const struct item *item);
/* -EINVAL: not of a metric that was told, or no value. */
int recording_writer_reading(struct recording_writer *w, const struct reading *reading);
/* Writes the frames so far, on disk when it returns. Errors as recording_writer_frame. */
int recording_writer_flush(struct recording_writer *w);

struct recording_totals {
        uint64_t size;     /* bytes in the file */
        uint64_t n_frames; /* in it */
        uint64_t n_lost;
};
struct recording_totals recording_writer_totals(const struct recording_writer *w);

struct recording_reader;

/*
 * fd: a file at its beginning, stays the caller's. -EBADMSG: it is no recording, or its header is damaged;
 * -EPROTONOSUPPORT: made by a later version, in a form that this one does not know.
 */
int recording_reader_new(int fd, struct recording_reader **ret);
struct recording_reader *recording_reader_free(struct recording_reader *r);

const struct header *recording_header(const struct recording_reader *r);

struct frame {
        uint64_t time_ns; /* CLOCK_MONOTONIC of the recorded machine; never goes back */
        uint64_t lost;
        uint64_t block;   /* counts up with each block: what was kept of columns is stale */
};

/* 1: the next frame; 0: the end; -errno: the file cannot be read. What is damaged is passed over. */
int recording_next_frame(struct recording_reader *r, struct frame *ret);
/* Of this frame. 1: *ret is it, valid until the next call; 0: no more. */
int recording_next_item(struct recording_reader *r, struct item *ret);
int recording_next_reading(struct recording_reader *r, struct reading *ret);

/* What could not be read so far. */
struct recording_damage {
        uint64_t n_blocks; /* places where blocks are missing or spoilt */
        uint64_t n_bytes;  /* passed over there */
        uint64_t n_parts;  /* items and columns, in blocks that are whole */
        uint64_t torn;     /* bytes of a last block that was not written to its end */
};
struct recording_damage recording_damage(const struct recording_reader *r);

#endif
