/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_file(char *ret, size_t size, const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        ret[0] = '\0';
        if (fd < 0)
                return -errno;
        n = read(fd, ret, size - 1);
        (void) close(fd);
        if (n < 0)
                return -EIO;
        ret[n] = '\0';
        if (n > 0 && ret[n - 1] == '\n')
                ret[n - 1] = '\0';
        return 0;
}

int text_read(char *ret, size_t size, const char *format, ...)
{
        char path[PATH_MAX];
        va_list args;

        va_start(args, format);
        (void) vsnprintf(path, sizeof(path), format, args);
        va_end(args);
        return read_file(ret, size, path);
}

int text_read_number(long *ret, const char *format, ...)
{
        char path[PATH_MAX], text[32], *end;
        va_list args;
        int r;

        va_start(args, format);
        (void) vsnprintf(path, sizeof(path), format, args);
        va_end(args);
        r = read_file(text, sizeof(text), path);
        if (r < 0)
                return r;
        *ret = strtol(text, &end, 10);
        return end == text ? -EINVAL : 0;
}

void text_cpus(const char *text, uint64_t *ret, uint32_t n)
{
        const char *p = text;

        memset(ret, 0, sizeof(*ret) * ((n + 63) / 64));
        while (isdigit((unsigned char) *p)) {
                char *end;
                unsigned long first = strtoul(p, &end, 10), last = first;

                if (*end == '-')
                        last = strtoul(end + 1, &end, 10);
                for (unsigned long cpu = first; cpu <= last && cpu < n; cpu++)
                        ret[cpu / 64] |= 1ull << cpu % 64;
                p = *end == ',' ? end + 1 : "";
        }
}

uint32_t text_first_cpu(const char *text, uint32_t n)
{
        unsigned long cpu = isdigit((unsigned char) *text) ? strtoul(text, NULL, 10) : n;

        return cpu < n ? (uint32_t) cpu : n;
}
