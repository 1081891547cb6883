/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_ENVELOPE_H
#define TRIMTAB_RECORD_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in front of each block in a file. Numbers with the lowest byte first. */

#define FILE_MAGIC     "TRIMTABR"
#define ENVELOPE_MAGIC "\x89Tblock\n"
enum {
        FILE_VERSION = 1,
        MAGIC_SIZE = 8,
        FILE_HEAD_SIZE = MAGIC_SIZE + 4 + 4, /* magic, version, reserved */
        ENVELOPE_SIZE = MAGIC_SIZE + 4 * 4 + 2 * 8 + 4,
};

enum envelope_kind { ENVELOPE_HEADER = 1, ENVELOPE_FRAMES = 2 };

struct envelope {
        uint32_t kind;
        uint32_t size;   /* of the content */
        uint32_t packed; /* of the zlib stream behind the envelope */
        uint32_t crc;    /* CRC-32 of that stream */
        uint64_t first_ns, last_ns; /* of its frames */
};

/* Compresses content and puts it and its envelope together: new memory in *ret. -E2BIG: more than a block
 * may hold. */
int envelope_pack(enum envelope_kind kind, uint64_t first_ns, uint64_t last_ns, const void *content, size_t size,
                  uint8_t **ret, size_t *ret_size);

/* Whether these ENVELOPE_SIZE bytes are one (they have a checksum of their own), with sizes that can be. */
bool envelope_read(const uint8_t *data, struct envelope *ret);

/* The content of a block, e->packed bytes at data, in new memory. -EBADMSG: damaged. */
int envelope_unpack(const struct envelope *e, const uint8_t *data, uint8_t **ret);

#endif
