/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "record/bytes.h"
#include "record/recording.h"
#include "util/ownership.h"

/* deflate makes no more out of a byte: a larger claim is a lie. */
enum { INFLATE_MAX = 1032 };

static void write_envelope(struct bytes *b, const struct envelope *e)
{
        size_t begin = b->n;

        bytes_add(b, ENVELOPE_MAGIC, MAGIC_SIZE);
        bytes_fixed32(b, e->kind);
        bytes_fixed32(b, e->size);
        bytes_fixed32(b, e->packed);
        bytes_fixed32(b, e->crc);
        bytes_fixed64(b, e->first_ns);
        bytes_fixed64(b, e->last_ns);
        if (b->error == 0)
                bytes_fixed32(b, (uint32_t) crc32(0, b->data + begin, (unsigned) (b->n - begin)));
}

int envelope_pack(enum envelope_kind kind, uint64_t first_ns, uint64_t last_ns, const void *content, size_t size,
                  uint8_t **ret, size_t *ret_size)
{
        struct envelope e = { .kind = kind, .size = (uint32_t) size, .first_ns = first_ns, .last_ns = last_ns };
        _cleanup_(bytes_clear) struct bytes b = {};
        _cleanup_free_ uint8_t *packed = NULL;
        uLongf n;

        if (size > RECORDING_BLOCK_MAX)
                return -E2BIG;
        n = compressBound(size);
        packed = malloc(n);
        if (!packed || compress2(packed, &n, content, size, Z_DEFAULT_COMPRESSION) != Z_OK)
                return -ENOMEM;

        e.packed = (uint32_t) n;
        e.crc = (uint32_t) crc32(0, packed, (unsigned) n);
        write_envelope(&b, &e);
        bytes_add(&b, packed, n);
        if (b.error < 0)
                return b.error;

        *ret_size = b.n;
        *ret = TAKE(b.data);
        return 0;
}

bool envelope_read(const uint8_t *data, struct envelope *ret)
{
        struct scan s = scan_of(data + MAGIC_SIZE, ENVELOPE_SIZE - MAGIC_SIZE);

        if (memcmp(data, ENVELOPE_MAGIC, MAGIC_SIZE) != 0)
                return false;
        ret->kind = scan_fixed32(&s);
        ret->size = scan_fixed32(&s);
        ret->packed = scan_fixed32(&s);
        ret->crc = scan_fixed32(&s);
        ret->first_ns = scan_fixed64(&s);
        ret->last_ns = scan_fixed64(&s);
        return scan_fixed32(&s) == (uint32_t) crc32(0, data, ENVELOPE_SIZE - 4) && ret->size > 0 &&
               ret->size <= RECORDING_BLOCK_MAX && ret->size / INFLATE_MAX <= ret->packed &&
               ret->packed <= compressBound(RECORDING_BLOCK_MAX);
}

int envelope_unpack(const struct envelope *e, const uint8_t *data, uint8_t **ret)
{
        _cleanup_free_ uint8_t *content = NULL;
        uLongf size = e->size;

        if ((uint32_t) crc32(0, data, e->packed) != e->crc)
                return -EBADMSG;
        content = malloc(size);
        if (!content)
                return -ENOMEM;
        if (uncompress(content, &size, data, e->packed) != Z_OK || size != e->size)
                return -EBADMSG;

        *ret = TAKE(content);
        return 0;
}
