/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/str.h"

/* A record is some 500 bytes: more entries than one machine has knobs in motion, by far. */
#define JOURNAL_MAX (64u << 20)

/* Below this, rewriting costs more than the garbage does. */
#define STALE_LEAST 16384

void journal_close(struct journal *j)
{
        closep(&j->fd);
        closep(&j->lock_fd);
        closep(&j->dir_fd);
        *j = (struct journal) JOURNAL_NULL;
}

/* Not on the file itself: that one is replaced. */
static int lock(struct journal *j)
{
        _cleanup_free_ char *name = str_printf("%s.lock", j->name);

        if (!name)
                return -ENOMEM;

        j->lock_fd = openat(j->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (j->lock_fd < 0)
                return -errno;

        if (flock(j->lock_fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;

        return 0;
}

static int open_all(struct journal *j, const char *dir)
{
        int r;

        j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (j->dir_fd < 0)
                return -errno;

        r = lock(j);
        if (r < 0)
                return r;

        j->fd = openat(j->dir_fd, j->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (j->fd < 0 || fchmod(j->fd, 0600) < 0)
                return -errno;

        return 0;
}

int journal_open(struct journal *j, const char *dir, const char *name)
{
        int r;

        *j = (struct journal) JOURNAL_NULL;
        j->name = name;

        r = open_all(j, dir);
        if (r < 0)
                journal_close(j);
        return r;
}

int journal_read(struct journal *j, char **ret, size_t *ret_size)
{
        int r;

        r = file_read_at(j->dir_fd, j->name, JOURNAL_MAX, ret, ret_size);
        if (r < 0)
                return r;

        j->size = *ret_size;
        j->torn = j->size > 0 && (*ret)[j->size - 1] != '\n';
        return 0;
}

/* What was cut off on its way here, for want of memory. */
static bool is_whole(const char *text, size_t size)
{
        return size == 0 || text[size - 1] == '\n';
}

int journal_append(struct journal *j, const char *line, size_t size)
{
        _cleanup_free_ char *apart = NULL;
        ssize_t n;

        if (!is_whole(line, size))
                return -EINVAL;

        /* Behind a piece that could not be cut off, begin on a line of its own. */
        if (j->torn) {
                apart = str_printf("\n%s", line);
                if (!apart)
                        return -ENOMEM;
                line = apart;
                size++;
        }

        n = write(j->fd, line, size);
        if (n != (ssize_t) size) {
                int r = n < 0 ? -errno : -ENOSPC;

                if (n > 0 && ftruncate(j->fd, (off_t) j->size) < 0)
                        j->torn = true;
                return r;
        }

        j->size = j->torn ? (size_t) lseek(j->fd, 0, SEEK_END) : j->size + size;
        j->torn = false;
        return 0;
}

static int replace(struct journal *j, const char *aside, const char *text, size_t size)
{
        _cleanup_close_ int fd = -1;
        int r;

        fd = openat(j->dir_fd, aside, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;

        r = fd_write_all(fd, text, size);
        if (r < 0)
                return r;

        if (renameat(j->dir_fd, aside, j->dir_fd, j->name) < 0)
                return -errno;

        /* The new file is already open: nothing is left that could fail between here and the next line. */
        closep(&j->fd);
        j->fd = take_fd(&fd);
        j->size = j->fresh = size;
        j->torn = false;
        return 0;
}

int journal_replace(struct journal *j, const char *text, size_t size)
{
        _cleanup_free_ char *aside = str_printf("%s.new", j->name);
        int r;

        if (!aside)
                return -ENOMEM;
        if (!is_whole(text, size))
                return -EINVAL;

        r = replace(j, aside, text, size);
        if (r < 0)
                (void) unlinkat(j->dir_fd, aside, 0);
        return r;
}

bool journal_is_stale(const struct journal *j)
{
        return j->size > STALE_LEAST && j->size > 2 * j->fresh;
}
