/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ownership.h"

#define ROOM_LEAST 256

void buffer_clear(struct buffer *b)
{
        free(b->bytes);
        *b = (struct buffer){};
}

/* For so many bytes and the NUL behind them. False: it has failed, now or before. */
static bool make_room(struct buffer *b, size_t size)
{
        size_t room = b->room ?: ROOM_LEAST;
        char *grown;

        if (b->error < 0)
                return false;
        while (room - b->size <= size)
                room *= 2;
        if (room == b->room)
                return true;

        grown = realloc(b->bytes, room);
        if (!grown) {
                b->error = -ENOMEM;
                return false;
        }
        b->bytes = grown;
        b->room = room;
        return true;
}

void buffer_put(struct buffer *b, const char *bytes, size_t size)
{
        if (!make_room(b, size))
                return;

        memcpy(b->bytes + b->size, bytes, size);
        b->size += size;
        b->bytes[b->size] = '\0';
}

void buffer_put_char(struct buffer *b, char c)
{
        buffer_put(b, &c, 1);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
        _cleanup_free_ char *bytes = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&bytes, format, ap);
        va_end(ap);
        if (n < 0) {
                bytes = NULL;
                b->error = -ENOMEM;
                return;
        }

        buffer_put(b, bytes, (size_t) n);
}

int buffer_take(struct buffer *b, char **ret, size_t *ret_size)
{
        buffer_put(b, "", 0);
        if (b->error < 0)
                return b->error;

        if (ret_size)
                *ret_size = b->size;
        *ret = TAKE(b->bytes);
        *b = (struct buffer){};
        return 0;
}
