/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

int runtime_dir_lock(const char *runtime_dir)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -1;
        int r;

        r = dir_make(runtime_dir, 0755);
        if (r < 0)
                return r;

        path = str_printf("%s/lock", runtime_dir);
        if (!path)
                return -ENOMEM;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        return take_fd(&fd);
}
