/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int group_new(uint64_t id, const char *path, bool is_root, struct group **ret)
{
        struct group *g;
        int r;

        g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        g->id = id;
        g->is_root = is_root;
        for (enum file f = 0; f < N_FILES; f++)
                g->fds[f] = -1;

        g->dir_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (g->dir_fd < 0) {
                r = -errno;
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

void group_free(struct group *g, struct fd_budget *budget)
{
        for (enum file f = 0; f < N_FILES; f++)
                close_file(g, f, budget);
        (void) close(g->dir_fd);
        free(g);
}

static int open_file(const struct group *g, enum file file)
{
        int fd = openat(g->dir_fd, files[file].name, O_RDONLY | O_CLOEXEC);

        if (fd < 0 && errno == ENOENT && g->is_root && files[file].host)
                fd = open(files[file].host, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int group_read(struct group *g, enum file file, struct fd_budget *budget, char *ret_text)
{
        bool kept = g->fds[file] >= 0;
        int fd = kept ? g->fds[file] : open_file(g, file), r = 0;
        ssize_t n;

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
