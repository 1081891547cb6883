/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/folder-watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Editors and package managers write several files: one announcement for all of them. */
#define SETTLE_USEC (USEC_PER_SEC / 2)

struct folder_watch {
        sd_event_source *io, *timer;
        const char *suffix;
        void (*changed)(void *userdata);
        void *userdata;
        int fd;
};

DEFINE_CLEANUP(struct folder_watch *, folder_watch_free);

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct folder_watch *w = userdata;

        w->changed(w->userdata);
        return 0;
}

static int settle(struct folder_watch *w)
{
        int r;

        if (!w->timer)
                return sd_event_add_time_relative(sd_event_source_get_event(w->io), &w->timer, CLOCK_MONOTONIC,
                                                  SETTLE_USEC, SETTLE_USEC / 5, on_settled, w);
        r = sd_event_source_set_time_relative(w->timer, SETTLE_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct folder_watch *w = userdata;
        char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        bool ours = false;
        ssize_t size;

        while ((size = read(fd, buffer, sizeof(buffer))) > 0)
                for (char *p = buffer; p < buffer + size;) {
                        const struct inotify_event *e = (const struct inotify_event *) p;

                        ours |= e->len > 0 && endswith(e->name, w->suffix);
                        p += sizeof(*e) + e->len;
                }
        return ours ? settle(w) : 0;
}

int folder_watch_new(sd_event *event, const char *const *dirs, const char *suffix, void (*changed)(void *userdata),
                     void *userdata, struct folder_watch **ret)
{
        _cleanup_(folder_watch_freep) struct folder_watch *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->suffix = suffix;
        w->changed = changed;
        w->userdata = userdata;
        w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (w->fd < 0)
                return -errno;

        for (; *dirs; dirs++)
                (void) inotify_add_watch(w->fd, *dirs, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);

        r = sd_event_add_io(event, &w->io, w->fd, EPOLLIN, on_events, w);
        if (r < 0)
                return r;
        *ret = TAKE(w);
        return 0;
}

struct folder_watch *folder_watch_free(struct folder_watch *w)
{
        if (!w)
                return NULL;
        sd_event_source_disable_unref(w->io);
        sd_event_source_disable_unref(w->timer);
        if (w->fd >= 0)
                (void) close(w->fd);
        free(w);
        return NULL;
}
