/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/bytes.h"

#include <errno.h>
#include <stdlib.h>

void bytes_clear(struct bytes *b)
{
        free(b->data);
        *b = (struct bytes) {};
}

uint8_t *bytes_room(struct bytes *b, size_t size)
{
        size_t capacity = b->capacity ?: 64;
        uint8_t *grown;

        if (b->capacity - b->n >= size)
                return b->data + b->n;

        while (capacity - b->n < size)
                capacity *= 2;
        grown = realloc(b->data, capacity);
        if (!grown) {
                b->error = -ENOMEM;
                return NULL;
        }
        b->data = grown;
        b->capacity = capacity;
        return b->data + b->n;
}

void bytes_add(struct bytes *b, const void *data, size_t size)
{
        uint8_t *room = bytes_room(b, size);

        if (!room || size == 0)
                return;
        memcpy(room, data, size);
        b->n += size;
}

void bytes_byte(struct bytes *b, uint8_t byte)
{
        uint8_t *room = bytes_room(b, 1);

        if (!room)
                return;
        *room = byte;
        b->n++;
}

void bytes_uint(struct bytes *b, uint64_t value)
{
        uint8_t *room = bytes_room(b, 10);

        if (!room)
                return;
        for (; value >= 0x80; value >>= 7)
                *room++ = (uint8_t) (value | 0x80);
        *room++ = (uint8_t) value;
        b->n = (size_t) (room - b->data);
}

void bytes_int(struct bytes *b, int64_t value)
{
        bytes_uint(b, fold(value));
}

static void add_fixed(struct bytes *b, uint64_t value, size_t size)
{
        uint8_t *room = bytes_room(b, size);

        if (!room)
                return;
        for (size_t i = 0; i < size; i++)
                room[i] = (uint8_t) (value >> 8 * i);
        b->n += size;
}

void bytes_fixed32(struct bytes *b, uint32_t value)
{
        add_fixed(b, value, sizeof(value));
}

void bytes_fixed64(struct bytes *b, uint64_t value)
{
        add_fixed(b, value, sizeof(value));
}

void bytes_double(struct bytes *b, double value)
{
        uint64_t bits;

        memcpy(&bits, &value, sizeof(bits));
        bytes_fixed64(b, bits);
}

void bytes_string(struct bytes *b, const char *s)
{
        size_t length = s ? strlen(s) : 0;

        bytes_uint(b, length);
        bytes_add(b, s ?: "", length + 1);
}

uint64_t scan_uint_long(struct scan *s)
{
        uint64_t value = 0;

        for (unsigned shift = 0; shift < 64 && s->at < s->end; shift += 7) {
                uint8_t byte = *s->at++;

                value |= (uint64_t) (byte & 0x7f) << shift;
                if (byte < 0x80)
                        return value;
        }
        s->bad = true;
        s->at = s->end;
        return 0;
}

struct scan scan_part(struct scan *s, uint64_t size)
{
        struct scan part = { .at = s->at, .end = s->at };

        if (size > (uint64_t) (s->end - s->at)) {
                s->bad = part.bad = true;
                s->at = s->end;
                return part;
        }
        s->at += size;
        part.end = s->at;
        return part;
}

static uint64_t scan_fixed(struct scan *s, size_t size)
{
        struct scan part = scan_part(s, size);
        uint64_t value = 0;

        for (size_t i = 0; i < size && !part.bad; i++)
                value |= (uint64_t) part.at[i] << 8 * i;
        return value;
}

uint8_t scan_byte(struct scan *s)
{
        return (uint8_t) scan_fixed(s, 1);
}

uint32_t scan_uint32(struct scan *s)
{
        uint64_t value = scan_uint(s);

        if (value <= UINT32_MAX)
                return (uint32_t) value;
        s->bad = true;
        s->at = s->end;
        return 0;
}

uint32_t scan_fixed32(struct scan *s)
{
        return (uint32_t) scan_fixed(s, sizeof(uint32_t));
}

uint64_t scan_fixed64(struct scan *s)
{
        return scan_fixed(s, sizeof(uint64_t));
}

double scan_double(struct scan *s)
{
        uint64_t bits = scan_fixed64(s);
        double value;

        memcpy(&value, &bits, sizeof(value));
        return value;
}

const char *scan_string(struct scan *s)
{
        uint64_t length = scan_uint(s);
        struct scan part = scan_part(s, length < SIZE_MAX ? length + 1 : SIZE_MAX);

        /* The NUL is where its length says, and nowhere before. */
        if (!part.bad && memchr(part.at, 0, length + 1) == part.at + length)
                return (const char *) part.at;
        s->bad = true;
        s->at = s->end;
        return "";
}
