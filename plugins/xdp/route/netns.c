/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

int netns_open(const char *path)
{
        /* Not to be hung up by what somebody may have put there: a pipe, a terminal. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        if (fd < 0)
                return -errno;
        if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
                (void) close(fd);
                return -EINVAL;
        }
        return fd;
}

struct job {
        int fd;
        int (*run)(void *userdata);
        void *userdata;
        int result;
};

static void *work(void *userdata)
{
        struct job *j = userdata;

        j->result = setns(j->fd, CLONE_NEWNET) < 0 ? -errno : j->run(j->userdata);
        return NULL;
}

int netns_run(int fd, int (*run)(void *userdata), void *userdata)
{
        struct job j = { .fd = fd, .run = run, .userdata = userdata };
        pthread_t thread;
        int r = pthread_create(&thread, NULL, work, &j);

        if (r != 0)
                return -r;
        (void) pthread_join(thread, NULL);
        return j.result;
}
