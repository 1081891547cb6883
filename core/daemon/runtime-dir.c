/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/file.h"

/* What is in it is written back to the kernel as it stands there: nobody else may be able to put it there. */
static int check_owner(int dir_fd)
{
        struct stat st;

        if (fstat(dir_fd, &st) < 0)
                return -errno;
        return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

int runtime_dir_lock(const char *runtime_dir)
{
        _cleanup_close_ int dir_fd = -1, fd = -1;
        int r;

        r = dir_make(runtime_dir, 0755);
        if (r < 0)
                return r;

        dir_fd = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (dir_fd < 0)
                return -errno;
        r = check_owner(dir_fd);
        if (r < 0)
                return r;

        fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        return take_fd(&fd);
}
