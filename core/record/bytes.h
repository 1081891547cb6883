/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_BYTES_H
#define TRIMTAB_RECORD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bytes written and bytes read, as recordings have them: whole numbers in seven bits a byte, the lowest
 * first, the top bit set on all but the last; signed ones folded (0, -1, 1, -2 …) before; doubles as their
 * eight bytes, the lowest first.
 */

/* Grows as it is written. Used zeroed at first. */
struct bytes {
        uint8_t *data;
        size_t n, capacity;
        int error; /* the first -ENOMEM: writers need not check each call */
};

void bytes_clear(struct bytes *b);
static inline void bytes_reset(struct bytes *b) /* empty again, the memory stays */
{
        b->n = 0;
}

/* Room for so many more behind the end; NULL: none, said in b->error. */
uint8_t *bytes_room(struct bytes *b, size_t size);

void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_byte(struct bytes *b, uint8_t byte);
void bytes_uint(struct bytes *b, uint64_t value);
void bytes_int(struct bytes *b, int64_t value);
void bytes_fixed32(struct bytes *b, uint32_t value);
void bytes_fixed64(struct bytes *b, uint64_t value);
void bytes_double(struct bytes *b, double value);
/* Its length, its bytes and a NUL. NULL is as "". */
void bytes_string(struct bytes *b, const char *s);

/* How many bytes bytes_uint takes for it. */
static inline unsigned bytes_uint_size(uint64_t value)
{
        return (70 - (unsigned) __builtin_clzll(value | 1)) / 7;
}

static inline uint64_t fold(int64_t value)
{
        return (uint64_t) value << 1 ^ (uint64_t) (value >> 63);
}

static inline int64_t unfold(uint64_t value)
{
        return (int64_t) (value >> 1 ^ -(value & 1));
}

/* Reads what somebody else wrote: never past its end, where everything is zero and `bad` says so. */
struct scan {
        const uint8_t *at, *end;
        bool bad;
};

static inline struct scan scan_of(const void *data, size_t size)
{
        return (struct scan) { .at = data, .end = (const uint8_t *) data + size };
}

static inline bool scan_at_end(const struct scan *s)
{
        return s->bad || s->at == s->end;
}

uint64_t scan_uint_long(struct scan *s);

static inline uint64_t scan_uint(struct scan *s)
{
        /* Nearly all of them take one byte. */
        if (s->at < s->end && *s->at < 0x80)
                return *s->at++;
        return scan_uint_long(s);
}

static inline int64_t scan_int(struct scan *s)
{
        return unfold(scan_uint(s));
}

uint8_t scan_byte(struct scan *s);
uint32_t scan_uint32(struct scan *s); /* scan_uint, and bad when it is larger */
uint32_t scan_fixed32(struct scan *s);
uint64_t scan_fixed64(struct scan *s);
double scan_double(struct scan *s);
const char *scan_string(struct scan *s); /* inside what is read; "" when bad */
/* The next so many bytes on their own. */
struct scan scan_part(struct scan *s, uint64_t size);

#endif
