/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/inspect.h"
#include "util/cleanup.h"

/*
 * Whoever may change a component of the path may choose the code that we run. The symbolic links in front of
 * the last component are resolved first, then the real path is walked by descriptors, so that what was
 * checked is what is opened.
 */

static int check_component(int fd, const char *path, uid_t owner, struct inspection *ret)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return inspection_refuse(ret, -errno, "%s: %s", path, strerror(errno));

        if (st.st_uid != 0 && st.st_uid != owner)
                return inspection_refuse(ret, -EPERM, "%s belongs to user %u; expected root or user %u", path,
                                         st.st_uid, owner);

        /* In a sticky folder others may add files, but not put one in the place of ours. */
        if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
                return inspection_refuse(ret, -EPERM, "%s can be written by others (chmod go-w)", path);

        return 0;
}

/* Walks a real, absolute path of folders; an O_PATH descriptor of the last. */
static int open_folder(const char *real, uid_t owner, struct inspection *ret)
{
        _cleanup_close_ int fd = -1;
        char path[PATH_MAX] = "/";
        const char *p = real;
        int r;

        fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return inspection_refuse(ret, -errno, "/: %s", strerror(errno));

        for (;;) {
                char component[NAME_MAX + 1];
                size_t n;
                int next;

                r = check_component(fd, path, owner, ret);
                if (r < 0)
                        return r;

                p += strspn(p, "/");
                n = strcspn(p, "/");
                if (n == 0)
                        return take_fd(&fd);
                if (n >= sizeof(component))
                        return inspection_refuse(ret, -ENAMETOOLONG, "%s: name too long", real);
                memcpy(component, p, n);
                component[n] = 0;
                p += n;

                memcpy(path, real, (size_t) (p - real));
                path[p - real] = 0;

                next = openat(fd, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (next < 0)
                        return inspection_refuse(ret, -errno, "%s: %s", path, strerror(errno));
                (void) close(fd);
                fd = next;
        }
}

int inspect_open(const char *path, uid_t owner, struct inspection *ret)
{
        _cleanup_free_ char *folder = NULL, *real = NULL;
        _cleanup_close_ int dir_fd = -1, fd = -1;
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        struct stat st;
        int r;

        *ret = (struct inspection) {};

        folder = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t) (slash - path));
        if (!folder)
                return -ENOMEM;

        real = realpath(folder, NULL);
        if (!real)
                return inspection_refuse(ret, -errno, "%s: %s", folder, strerror(errno));

        dir_fd = open_folder(real, owner, ret);
        if (dir_fd < 0)
                return dir_fd;

        /* O_NONBLOCK: a FIFO must not hold us up before we see that it is one. */
        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ELOOP)
                return inspection_refuse(ret, -EPERM, "a symbolic link; expected the file itself");
        if (fd < 0)
                return inspection_refuse(ret, -errno, "%s", strerror(errno));

        if (fstat(fd, &st) < 0)
                return inspection_refuse(ret, -errno, "%s", strerror(errno));
        if (!S_ISREG(st.st_mode))
                return inspection_refuse(ret, -EPERM, "not a regular file");

        r = check_component(fd, path, owner, ret);
        if (r < 0)
                return r;

        return take_fd(&fd);
}
