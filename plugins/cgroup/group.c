/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int group_attach(struct group *g, const char *path, bool is_root)
{
        int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        g->dir_fd = fd;
        memset(g->rest, 0, sizeof(g->rest));
        g->is_root = is_root;
        return 0;
}

int group_new(uint64_t id, const char *path, bool is_root, struct group **ret)
{
        struct group *g;
        int r;

        g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        g->id = id;
        for (enum file f = 0; f < N_FILES; f++)
                g->fds[f] = -1;
        for (enum metric m = 0; m < N_PRESSURES; m++)
                g->triggers[m] = (struct trigger) { .group = g, .fd = -1 };

        r = group_attach(g, path, is_root);
        if (r < 0) {
                free(g);
                return r;
        }

        *ret = g;
        return 0;
}

static void close_file(struct group *g, enum file file, struct fd_budget *budget)
{
        if (g->fds[file] < 0)
                return;

        (void) close(g->fds[file]);
        g->fds[file] = -1;
        budget->used--;
}

void group_detach(struct group *g, struct fd_budget *budget)
{
        for (enum file f = 0; f < N_FILES; f++)
                close_file(g, f, budget);
        if (g->dir_fd >= 0)
                (void) close(g->dir_fd);
        g->dir_fd = -1;
        g->has_before = 0;
        g->ticks = 0;
}

void group_free(struct group *g, struct fd_budget *budget)
{
        group_detach(g, budget);
        free(g);
}

int group_open_file(const struct group *g, enum file file, int flags)
{
        int fd;

        if (g->dir_fd < 0)
                return -ENODEV;
        fd = openat(g->dir_fd, files[file].name, flags | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT && g->is_root && files[file].host)
                fd = open(files[file].host, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int group_read(struct group *g, enum file file, struct fd_budget *budget, char *ret_text)
{
        bool kept = g->fds[file] >= 0;
        int fd, r = 0;
        ssize_t n;

        if (g->rest[file] > 0) {
                g->rest[file]--;
                return -ENOENT;
        }
        fd = kept ? g->fds[file] : group_open_file(g, file, O_RDONLY);
        if (fd == -ENOENT)
                g->rest[file] = LOOKS_MISSED;
        if (fd < 0)
                return fd;

        /* One call: the kernel makes the whole text for each read from the beginning. */
        n = pread(fd, ret_text, TEXT_MAX - 1, 0);
        if (n < 0)
                r = -errno;
        else if (n == TEXT_MAX - 1)
                r = -EFBIG;
        else
                ret_text[n] = 0;

        if (kept && r < 0)
                close_file(g, file, budget);
        else if (!kept && r >= 0 && budget->used < budget->max) {
                g->fds[file] = fd;
                budget->used++;
        } else if (!kept)
                (void) close(fd);
        return r;
}

uint32_t file_metrics(enum file file)
{
        uint32_t mask = 0;

        for (enum metric m = 0; m < N_METRICS; m++)
                if (sources[m].file == file)
                        mask |= 1u << m;
        return mask;
}

void group_close_unused(struct group *g, struct fd_budget *budget)
{
        for (enum file f = 0; f < N_FILES; f++)
                if (!(g->wanted & file_metrics(f)))
                        close_file(g, f, budget);
}
