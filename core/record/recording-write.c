/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/block.h"
#include "record/envelope.h"
#include "record/recording.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/ownership.h"

/* What a crash may cost at most; and what a reader must hold. */
#define BLOCK_SPAN_NS (60 * NSEC_PER_SEC)
enum { BLOCK_SIZE = 1 << 20 };

/* The first block: a short recording should not be lost whole. */
#define BLOCK_FIRST_NS NSEC_PER_SEC

struct recording_writer {
        int fd;
        int error; /* it can be written no more */
        uint64_t max_size;
        uint64_t began_ns; /* the first frame; 0: none yet */
        struct block_writer *block;
        struct bytes content;
        struct recording_totals totals;
        uint64_t n_frames, n_lost; /* of the block that is being made */
};

DEFINE_CLEANUP(struct recording_writer *, recording_writer_free);

struct recording_writer *recording_writer_free(struct recording_writer *w)
{
        if (!w)
                return NULL;
        block_writer_free(w->block);
        bytes_clear(&w->content);
        free(w);
        return NULL;
}

/* All of it, on disk, or the file ends where it did before. */
static int write_whole(struct recording_writer *w, const void *data, size_t size)
{
        int r;

        if (w->max_size > 0 && w->totals.size + size > w->max_size)
                return w->error = -EFBIG;
        r = fd_write_all(w->fd, data, size);
        if (r >= 0 && fdatasync(w->fd) < 0 && errno != EINVAL && errno != EROFS)
                r = -errno;
        if (r >= 0) {
                w->totals.size += size;
                return 0;
        }

        (void) ftruncate(w->fd, (off_t) w->totals.size);
        return w->error = r;
}

static int write_header(struct recording_writer *w, const struct header *header)
{
        _cleanup_(bytes_clear) struct bytes head = {};
        _cleanup_free_ char *text = header_text(header);
        _cleanup_free_ uint8_t *block = NULL;
        size_t size;
        int r;

        if (!text)
                return -ENOMEM;
        r = envelope_pack(ENVELOPE_HEADER, 0, 0, text, strlen(text), &block, &size);
        if (r < 0)
                return r;

        bytes_add(&head, FILE_MAGIC, MAGIC_SIZE);
        bytes_fixed32(&head, FILE_VERSION);
        bytes_fixed32(&head, 0);
        bytes_add(&head, block, size);
        return head.error < 0 ? head.error : write_whole(w, head.data, head.n);
}

static int know_definitions(struct recording_writer *w, const struct header *header)
{
        struct item item;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < header_n_definitions(header); i++) {
                r = header_definition(header, i, &item);
                if (r >= 0)
                        r = block_know(w->block, &item);
        }
        return r;
}

int recording_writer_new(int fd, const struct header *header, uint64_t max_size, struct recording_writer **ret)
{
        _cleanup_(recording_writer_freep) struct recording_writer *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->fd = fd;
        w->max_size = max_size;
        r = block_writer_new(&w->block);
        if (r >= 0)
                r = know_definitions(w, header);
        if (r >= 0)
                r = write_header(w, header);
        if (r < 0)
                return r;

        *ret = TAKE(w);
        return 0;
}

int recording_writer_flush(struct recording_writer *w)
{
        struct block_span span = block_span(w->block);
        _cleanup_free_ uint8_t *packed = NULL;
        size_t size;
        int r;

        if (w->error < 0 || span.n_frames == 0)
                return w->error;

        bytes_reset(&w->content);
        r = block_finish(w->block, &w->content);
        if (r >= 0)
                r = envelope_pack(ENVELOPE_FRAMES, span.first_ns, span.last_ns, w->content.data, w->content.n,
                                  &packed, &size);
        if (r < 0)
                return w->error = r;

        r = write_whole(w, packed, size);
        if (r < 0)
                return r;
        w->totals.n_frames += w->n_frames;
        w->totals.n_lost += w->n_lost;
        w->n_frames = w->n_lost = 0;
        return 0;
}

/* As long as all before it together, so that a crash costs at most half of what there was, or a minute. */
static uint64_t span_limit(const struct recording_writer *w, const struct block_span *span)
{
        uint64_t before_ns = span->first_ns - w->began_ns;

        if (before_ns < BLOCK_FIRST_NS)
                return BLOCK_FIRST_NS;
        return before_ns < BLOCK_SPAN_NS ? before_ns : BLOCK_SPAN_NS;
}

int recording_writer_frame(struct recording_writer *w, uint64_t time_ns, uint64_t lost)
{
        struct block_span span = block_span(w->block);
        int r;

        if (w->error < 0)
                return w->error;
        if (span.n_frames > 0 && (span.size >= BLOCK_SIZE || span.n_frames == BLOCK_FRAMES_MAX ||
                                  time_ns >= span.first_ns + span_limit(w, &span))) {
                r = recording_writer_flush(w);
                if (r < 0)
                        return r;
        }

        r = block_frame(w->block, time_ns, lost);
        if (r < 0)
                return r;
        if (w->began_ns == 0)
                w->began_ns = time_ns;
        w->n_frames++;
        w->n_lost += lost;
        return 0;
}

int recording_writer_item(struct recording_writer *w, const struct item *item)
{
        return w->error < 0 ? w->error : block_item(w->block, item);
}

int recording_writer_reading(struct recording_writer *w, const struct reading *reading)
{
        return w->error < 0 ? w->error : block_reading(w->block, reading);
}

struct recording_totals recording_writer_totals(const struct recording_writer *w)
{
        return w->totals;
}
