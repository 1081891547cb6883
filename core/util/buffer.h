/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BUFFER_H
#define TRIMTAB_BUFFER_H

#include <stddef.h>

/*
 * A text that grows. Whoever writes to it need not look at each return: once memory was short, nothing is added any more, and
 * buffer_take() gives nothing at all. (A stream of open_memstream() gives what it has by then, and glibc's fclose() calls that a
 * success.)
 */
struct buffer {
        char *bytes;
        size_t size, room;
        int error; /* 0 or -ENOMEM */
};

void buffer_clear(struct buffer *b);

void buffer_put(struct buffer *b, const char *bytes, size_t size);
void buffer_put_char(struct buffer *b, char c);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All of it, NUL-terminated, the caller's to free. ret_size may be NULL. -ENOMEM: something is missing in it. */
int buffer_take(struct buffer *b, char **ret, size_t *ret_size);

#endif
