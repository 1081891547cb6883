/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/block.h"
#include "record/envelope.h"
#include "record/recording.h"
#include "util/ownership.h"

struct recording_reader {
        int fd;
        uint64_t at, size; /* in the file */
        struct header *header;
        uint8_t *content; /* of the block that is being read */
        struct block_reader *block;
        uint64_t n_blocks, last_ns;
        struct recording_damage damage; /* n_parts: of the blocks before */
};

DEFINE_CLEANUP(struct recording_reader *, recording_reader_free);

static void leave_block(struct recording_reader *r)
{
        if (r->block)
                r->damage.n_parts += block_damage(r->block);
        r->block = block_reader_free(r->block);
        free(r->content);
        r->content = NULL;
}

struct recording_reader *recording_reader_free(struct recording_reader *r)
{
        if (!r)
                return NULL;
        leave_block(r);
        header_free(r->header);
        free(r);
        return NULL;
}

/* -ENODATA: the file ends before. */
static int read_at(const struct recording_reader *r, uint64_t offset, void *ret, size_t size)
{
        uint8_t *at = ret;

        while (size > 0) {
                ssize_t n = pread(r->fd, at, size, (off_t) offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -ENODATA;
                at += n;
                offset += (uint64_t) n;
                size -= (size_t) n;
        }
        return 0;
}

/* The block whose envelope is at r->at, and where the next one would be. */
static int read_block(struct recording_reader *r, const struct envelope *e, uint8_t **ret)
{
        _cleanup_free_ uint8_t *packed = NULL;
        int error;

        if (e->packed > r->size - r->at - ENVELOPE_SIZE)
                return -ENODATA;
        packed = malloc(e->packed ?: 1);
        if (!packed)
                return -ENOMEM;
        error = read_at(r, r->at + ENVELOPE_SIZE, packed, e->packed);
        return error < 0 ? error : envelope_unpack(e, packed, ret);
}

static int read_header(struct recording_reader *r)
{
        uint8_t head[FILE_HEAD_SIZE + ENVELOPE_SIZE];
        _cleanup_free_ uint8_t *text = NULL;
        struct envelope e;
        struct scan s;
        int error;

        if (r->size < sizeof(head))
                return -EBADMSG;
        error = read_at(r, 0, head, sizeof(head));
        if (error < 0)
                return error;
        if (memcmp(head, FILE_MAGIC, MAGIC_SIZE) != 0)
                return -EBADMSG;
        s = scan_of(head + MAGIC_SIZE, 4);
        if (scan_fixed32(&s) != FILE_VERSION)
                return -EPROTONOSUPPORT;
        if (!envelope_read(head + FILE_HEAD_SIZE, &e) || e.kind != ENVELOPE_HEADER)
                return -EBADMSG;

        r->at = FILE_HEAD_SIZE;
        error = read_block(r, &e, &text);
        if (error < 0)
                return error == -ENODATA ? -EBADMSG : error;
        r->at += ENVELOPE_SIZE + e.packed;
        return header_parse((const char *) text, e.size, &r->header);
}

int recording_reader_new(int fd, struct recording_reader **ret)
{
        _cleanup_(recording_reader_freep) struct recording_reader *r = calloc(1, sizeof(*r));
        struct stat st;
        int error;

        if (!r)
                return -ENOMEM;
        r->fd = fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        r->size = (uint64_t) st.st_size;
        error = read_header(r);
        if (error < 0)
                return error;

        *ret = TAKE(r);
        return 0;
}

const struct header *recording_header(const struct recording_reader *r)
{
        return r->header;
}

/* The next place behind r->at that looks like the beginning of a block, or the end of the file. */
static int find_envelope(struct recording_reader *r)
{
        uint8_t window[65536 + MAGIC_SIZE];
        uint64_t from = r->at + 1;
        int error;

        while (r->size - from >= ENVELOPE_SIZE) {
                size_t n = r->size - from < sizeof(window) ? (size_t) (r->size - from) : sizeof(window);
                const uint8_t *found;

                error = read_at(r, from, window, n);
                if (error < 0)
                        return error;
                found = memmem(window, n, ENVELOPE_MAGIC, MAGIC_SIZE);
                if (found) {
                        r->at = from + (uint64_t) (found - window);
                        return 0;
                }
                from += n - (MAGIC_SIZE - 1);
        }
        r->at = r->size;
        return 0;
}

/* Takes the block at r->at and goes behind it. 1: it is open; 0: there was none for us, look on. */
static int take_block(struct recording_reader *r)
{
        uint8_t head[ENVELOPE_SIZE];
        uint64_t begin = r->at;
        struct envelope e;
        int error;

        error = read_at(r, r->at, head, sizeof(head));
        if (error < 0)
                return error;
        if (!envelope_read(head, &e)) {
                error = find_envelope(r);
                r->damage.n_blocks++;
                r->damage.n_bytes += r->at - begin;
                return error;
        }

        if (e.kind == ENVELOPE_FRAMES) {
                error = read_block(r, &e, &r->content);
                if (error >= 0)
                        error = block_reader_new(r->content, e.size, &r->block);
        }
        if (error == -ENODATA) {
                r->damage.torn = r->size - begin;
                r->at = r->size;
                return 0;
        }
        r->at += ENVELOPE_SIZE + e.packed;
        if (error == -EBADMSG) {
                leave_block(r);
                r->damage.n_blocks++;
                r->damage.n_bytes += ENVELOPE_SIZE + e.packed;
                return 0;
        }
        return error < 0 ? error : r->block != NULL;
}

static int next_block(struct recording_reader *r)
{
        int error;

        leave_block(r);
        while (r->size - r->at >= ENVELOPE_SIZE) {
                error = take_block(r);
                if (error != 0) {
                        r->n_blocks += error > 0;
                        return error;
                }
        }
        if (r->at < r->size) {
                r->damage.torn = r->size - r->at;
                r->at = r->size;
        }
        return 0;
}

int recording_next_frame(struct recording_reader *r, struct frame *ret)
{
        int error;

        for (;;) {
                while (r->block && block_next_frame(r->block, &ret->time_ns, &ret->lost) > 0) {
                        /* A block that was copied twice, or out of another file, is not to turn back the
                         * time. */
                        if (ret->time_ns < r->last_ns)
                                continue;
                        r->last_ns = ret->time_ns;
                        ret->block = r->n_blocks;
                        return 1;
                }
                error = next_block(r);
                if (error <= 0)
                        return error;
        }
}

int recording_next_item(struct recording_reader *r, struct item *ret)
{
        return r->block ? block_next_item(r->block, ret) : 0;
}

int recording_next_reading(struct recording_reader *r, struct reading *ret)
{
        return r->block ? block_next_reading(r->block, ret) : 0;
}

struct recording_damage recording_damage(const struct recording_reader *r)
{
        struct recording_damage damage = r->damage;

        if (r->block)
                damage.n_parts += block_damage(r->block);
        return damage;
}
