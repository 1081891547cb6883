/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/breadcrumb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

#define NOTE_FILE    "callback"
#define CRASHES_FILE "crashes"

/* The mapped file. */
struct note {
        atomic_uint active; /* written last and cleared first: the names are whole whenever it is 1 */
        char plugin[32];
        char function[32];
};

struct breadcrumb {
        int dir_fd;
        struct note *note;
        struct crash *crashes; /* within the window, oldest first */
        size_t n_crashes;
        bool opened; /* all of it: from here on a free is a clean stop */
};

DEFINE_CLEANUP(struct breadcrumb *, breadcrumb_free);

/* A word of the file as it is handed on: anything but a plain word makes the line senseless. */
static bool is_word(const char *s, size_t size)
{
        size_t n = strnlen(s, size);

        return n > 0 && n < size && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static int crashes_add(struct breadcrumb *b, const struct crash *c)
{
        int r;

        r = array_reserve(&b->crashes, b->n_crashes, sizeof(*b->crashes));
        if (r < 0)
                return r;

        b->crashes[b->n_crashes++] = *c;
        return 0;
}

static int crashes_read(struct breadcrumb *b, uint64_t now_usec)
{
        _cleanup_free_ char *text = NULL;
        char *rest;
        int r;

        r = file_read_at(b->dir_fd, CRASHES_FILE, 64 * 1024, &text, NULL);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;

        rest = text;
        for (char *line; (line = strsep(&rest, "\n"));) {
                struct crash c = {};

                if (sscanf(line, "%" SCNu64 " %31s %31s", &c.when_usec, c.plugin, c.function) != 3 ||
                    !is_word(c.plugin, sizeof(c.plugin)) || !is_word(c.function, sizeof(c.function)))
                        continue;

                /* A time ahead of ours is from before the clock was set back: old, too. */
                if (c.when_usec > now_usec || now_usec - c.when_usec > CRASHES_WINDOW_USEC)
                        continue;

                r = crashes_add(b, &c);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int crashes_write(const struct breadcrumb *b)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        size_t size = 0;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        for (size_t i = 0; i < b->n_crashes; i++)
                (void) fprintf(f, "%" PRIu64 " %s %s\n", b->crashes[i].when_usec, b->crashes[i].plugin,
                               b->crashes[i].function);
        if (fflush(f) != 0)
                return -ENOMEM;

        return file_replace_at(b->dir_fd, CRASHES_FILE, text, size, 0644);
}

static int note_map(struct breadcrumb *b)
{
        _cleanup_close_ int fd = -1;
        void *map;
        int r;

        fd = openat(b->dir_fd, NOTE_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;

        /* Really allocated: on a full tmpfs the first touch of a hole would be SIGBUS. */
        r = posix_fallocate(fd, 0, sizeof(struct note));
        if (r != 0)
                return -r;

        map = mmap(NULL, sizeof(struct note), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
                return -errno;

        b->note = map;
        return 0;
}

/* What the predecessor was doing, when it died in a callback. */
static bool note_found(const struct note *n, struct crash *ret)
{
        if (atomic_load(&n->active) != 1 || !is_word(n->plugin, sizeof(n->plugin)) ||
            !is_word(n->function, sizeof(n->function)))
                return false;

        memcpy(ret->plugin, n->plugin, sizeof(ret->plugin));
        memcpy(ret->function, n->function, sizeof(ret->function));
        return true;
}

int breadcrumb_open(const char *dir, uint64_t now_usec, struct breadcrumb **ret, struct crash *ret_found)
{
        _cleanup_(breadcrumb_freep) struct breadcrumb *b = NULL;
        struct crash found = { .when_usec = now_usec };
        int r;

        b = calloc(1, sizeof(*b));
        if (!b)
                return -ENOMEM;

        b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (b->dir_fd < 0)
                return -errno;

        r = crashes_read(b, now_usec);
        if (r < 0)
                return r;

        r = note_map(b);
        if (r < 0)
                return r;

        if (note_found(b->note, &found)) {
                r = crashes_add(b, &found);
                if (r < 0)
                        return r;
        }
        r = b->n_crashes > 0 ? crashes_write(b) : 0;
        if (r < 0)
                return r;
        breadcrumb_set(b, NULL, NULL);

        b->opened = true;
        if (ret_found)
                *ret_found = found;
        *ret = TAKE(b);
        return 0;
}

struct breadcrumb *breadcrumb_free(struct breadcrumb *b)
{
        if (!b)
                return NULL;

        if (b->note)
                (void) munmap(b->note, sizeof(*b->note));
        if (b->opened) {
                (void) unlinkat(b->dir_fd, NOTE_FILE, 0);
                (void) unlinkat(b->dir_fd, CRASHES_FILE, 0);
        }
        if (b->dir_fd >= 0)
                (void) close(b->dir_fd);
        free(b->crashes);
        free(b);
        return NULL;
}

bool breadcrumb_quarantined(const struct breadcrumb *b, const char *plugin, const char **ret_function)
{
        unsigned n = 0;

        for (size_t i = 0; b && i < b->n_crashes; i++)
                if (streq(b->crashes[i].plugin, plugin)) {
                        n++;
                        *ret_function = b->crashes[i].function;
                }

        return n >= CRASHES_MAX;
}

void breadcrumb_set(struct breadcrumb *b, const char *plugin, const char *function)
{
        if (!b)
                return;

        atomic_store_explicit(&b->note->active, 0, memory_order_release);
        if (!plugin)
                return;

        atomic_signal_fence(memory_order_seq_cst);
        (void) snprintf(b->note->plugin, sizeof(b->note->plugin), "%s", plugin);
        (void) snprintf(b->note->function, sizeof(b->note->function), "%s", function);
        atomic_store_explicit(&b->note->active, 1, memory_order_release);
}
