/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "str.h"

int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0, room = 0;

        for (;;) {
                ssize_t k;

                if (room - size < 2) {
                        char *grown = realloc(buffer, room = room ? room * 2 : 4096);

                        if (!grown)
                                return -ENOMEM;
                        buffer = grown;
                }

                k = read(fd, buffer + size, room - size - 1);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                size += (size_t) k;
                if (size > max)
                        return -EFBIG;
        }

        buffer[size] = '\0';
        *ret = TAKE(buffer);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int file_read_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        if (fd < 0)
                return -errno;
        return fd_read_all(fd, max, ret, ret_size);
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size)
{
        return file_read_at(AT_FDCWD, path, max, ret, ret_size);
}

int fd_write_all(int fd, const void *data, size_t size)
{
        const char *p = data;

        while (size > 0) {
                ssize_t k = write(fd, p, size);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                p += k;
                size -= (size_t) k;
        }
        return 0;
}

int file_replace_at(int dir_fd, const char *path, const void *data, size_t size, mode_t mode)
{
        _cleanup_free_ char *aside = NULL;
        _cleanup_close_ int fd = -1;
        int r;

        aside = str_printf("%s.%ld~", path, (long) getpid());
        if (!aside)
                return -ENOMEM;

        fd = openat(dir_fd, aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return -errno;

        r = fd_write_all(fd, data, size);
        if (r >= 0 && (fsync(fd) < 0 || renameat(dir_fd, aside, dir_fd, path) < 0))
                r = -errno;
        if (r < 0)
                (void) unlinkat(dir_fd, aside, 0);
        return r;
}

/* NAME.PID~ */
static bool is_left_of(const char *found, const char *name)
{
        const char *pid = startswith(found, name);
        size_t digits = pid && *pid == '.' ? strspn(pid + 1, "0123456789") : 0;

        return digits > 0 && streq(pid + 1 + digits, "~");
}

void file_sweep(const char *path)
{
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        _cleanup_free_ char *dir = slash ? strndup(path, (size_t) (name - path)) : strdup(".");
        const struct dirent *entry;
        DIR *d = dir ? opendir(dir) : NULL;

        if (!d)
                return;
        while ((entry = readdir(d)))
                if (is_left_of(entry->d_name, name))
                        (void) unlinkat(dirfd(d), entry->d_name, 0);
        (void) closedir(d);
}

int dir_make(const char *path, mode_t mode)
{
        _cleanup_free_ char *p = strdup(path);

        if (!p)
                return -ENOMEM;

        for (char *slash = p; slash;) {
                slash = strchr(slash + 1, '/');
                if (slash)
                        *slash = '\0';
                if (*p && mkdir(p, mode) < 0 && errno != EEXIST)
                        return -errno;
                if (slash)
                        *slash = '/';
        }
        return 0;
}

static struct file_identity identity_of(int r, const struct stat *st)
{
        return r < 0 ? (struct file_identity){} : (struct file_identity){ st->st_dev, st->st_ino, st->st_size, st->st_mtim };
}

struct file_identity file_identify(const char *path)
{
        struct stat st;

        return identity_of(stat(path, &st), &st);
}

struct file_identity fd_identify(int fd)
{
        struct stat st;

        return identity_of(fstat(fd, &st), &st);
}

bool file_identity_same(const struct file_identity *a, const struct file_identity *b)
{
        return a->inode != 0 && a->device == b->device && a->inode == b->inode && a->size == b->size &&
               a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}
