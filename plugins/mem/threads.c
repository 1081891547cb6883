/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "threads.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel's own threads are its children, and nobody else's: a process can take any name. */
#define KTHREADD 2

static int read_file(int dir, const char *name, char *ret, size_t size)
{
        int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, ret, size - 1);
        n = n < 0 ? -errno : n;
        (void) close(fd);
        if (n >= 0)
                ret[n] = '\0';
        return n < 0 ? (int) n : 0;
}

/* "PREFIX" and a number, and the kernel's. */
static bool is_meant(int dir, const char *prefix)
{
        char stat[512], *name, *end;
        size_t n = strlen(prefix);
        int parent;

        if (read_file(dir, "stat", stat, sizeof(stat)) < 0)
                return false;
        name = strchr(stat, '(');
        end = strrchr(stat, ')');
        if (!name || !end || end < name || sscanf(end, ") %*c %d", &parent) != 1 || parent != KTHREADD)
                return false;

        if (strncmp(++name, prefix, n) != 0 || name + n == end)
                return false;
        for (name += n; name < end; name++)
                if (!isdigit((unsigned char) *name))
                        return false;
        return true;
}

static bool parse(const char *text, uint64_t *ret)
{
        char *end;

        errno = 0;
        *ret = strtoull(text, &end, 10);
        return errno == 0 && end != text;
}

static int add(struct mem_threads *t, int dir)
{
        struct mem_thread *list = realloc(t->list, (t->n + 1) * sizeof(*list));
        int fd;

        if (!list)
                return -ENOMEM;
        t->list = list;
        fd = openat(dir, "schedstat", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -EOPNOTSUPP : -errno;
        t->list[t->n++] = (struct mem_thread){ .fd = fd };
        return 0;
}

static int look_at(struct mem_threads *t, int proc, const char *pid)
{
        int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

        if (dir < 0)
                return 0; /* gone again */
        if (is_meant(dir, t->prefix))
                r = add(t, dir);
        (void) close(dir);
        return r;
}

int mem_threads_open(struct mem_threads *t, const char *proc, const char *prefix)
{
        DIR *dir = opendir(proc);
        struct dirent *entry;
        int r = 0;

        if (!dir)
                return -errno;
        *t = (struct mem_threads){ .prefix = prefix };
        while (r >= 0 && (entry = readdir(dir)))
                if (isdigit((unsigned char) entry->d_name[0]))
                        r = look_at(t, dirfd(dir), entry->d_name);
        (void) closedir(dir);
        if (r >= 0 && t->n == 0)
                r = -ENOENT;
        if (r < 0) {
                mem_threads_close(t);
                return r;
        }
        (void) mem_threads_read(t);
        return (int) t->n;
}

void mem_threads_close(struct mem_threads *t)
{
        for (uint32_t i = 0; i < t->n; i++)
                if (t->list[i].fd >= 0)
                        (void) close(t->list[i].fd);
        free(t->list);
        *t = (struct mem_threads){};
}

uint64_t mem_threads_read(struct mem_threads *t)
{
        uint64_t sum = 0;

        for (uint32_t i = 0; i < t->n; i++) {
                char text[96];
                ssize_t n = pread(t->list[i].fd, text, sizeof(text) - 1, 0);
                uint64_t ns;

                /* One whose node has gone keeps what it had, so that the sum never falls. */
                text[n > 0 ? n : 0] = '\0';
                if (parse(text, &ns) && ns > t->list[i].ns)
                        t->list[i].ns = ns;
                sum += t->list[i].ns;
        }
        return sum;
}
