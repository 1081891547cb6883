/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* As many writes are remembered: between a write and our noticing it there are hardly ever others. */
#define SIGHTINGS_MAX 32

/* At a time, so that somebody who writes all the time does not keep the loop busy. */
#define READ_SIZE 4096

struct watcher {
        int fd;
        sd_event_source *source;
        void (*seen)(void *userdata, const struct sighting *s);
        void *userdata;
        struct sighting sightings[SIGHTINGS_MAX]; /* a ring */
        unsigned next;                            /* where the next one goes */
        unsigned untold;                          /* how many, the last ones, seen() has not been told of */
};

DEFINE_CLEANUP(struct watcher *, watcher_free);

/* --- who it was --- */

static void read_line(pid_t pid, const char *file, char *ret, size_t size)
{
        char path[64];
        _cleanup_free_ char *text = NULL;

        (void) snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, file);
        if (file_read(path, READ_SIZE, &text, NULL) >= 0)
                (void) snprintf(ret, size, "%s", str_strip(text));
}

/* The line of the unified hierarchy, "0::/user.slice/user-0.slice/session-3.scope", is the last one. */
static void read_unit(pid_t pid, char *ret, size_t size)
{
        char text[READ_SIZE] = "", *line, *slash;

        read_line(pid, "cgroup", text, sizeof(text));
        line = strstr(text, "0::/");
        slash = line ? strrchr(line, '/') : NULL;
        if (slash)
                (void) snprintf(ret, size, "%s", slash + 1);
}

static void remember(struct watcher *w, const struct fanotify_event_metadata *m)
{
        struct sighting s = { .pid = m->pid, .when_usec = realtime_usec() };
        char link[64];
        ssize_t n;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", m->fd);
        n = readlink(link, s.path, sizeof(s.path) - 1);
        if (n <= 0)
                return;

        read_line(m->pid, "comm", s.comm, sizeof(s.comm));
        read_unit(m->pid, s.unit, sizeof(s.unit));
        w->sightings[w->next] = s;
        w->next = (w->next + 1) % SIGHTINGS_MAX;
        if (w->untold < SIGHTINGS_MAX)
                w->untold++;
}

/* --- events --- */

static void process(struct watcher *w)
{
        _Alignas(struct fanotify_event_metadata) char buffer[READ_SIZE];
        const struct fanotify_event_metadata *m = (const void *) buffer;
        ssize_t n = read(w->fd, buffer, sizeof(buffer));

        for (; n > 0 && FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n)) {
                _cleanup_close_ int fd = m->fd;

                /* FAN_NOFD: the queue ran over. The slower way of looking finds what was missed. */
                if (fd >= 0 && m->pid != getpid())
                        remember(w, m);
        }
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct watcher *w = userdata;

        process(w);
        for (unsigned n = w->untold; n > 0; n--)
                w->seen(w->userdata, &w->sightings[(w->next + SIGHTINGS_MAX - n) % SIGHTINGS_MAX]);
        w->untold = 0;
        return 0;
}

int watcher_new(sd_event *event, void (*seen)(void *userdata, const struct sighting *s), void *userdata,
                struct watcher **ret)
{
        _cleanup_(watcher_freep) struct watcher *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;

        w->seen = seen;
        w->userdata = userdata;
        w->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK,
                              O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (w->fd < 0)
                return -errno;

        r = sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_event, w);
        if (r < 0)
                return r;

        *ret = TAKE(w);
        return 0;
}

struct watcher *watcher_free(struct watcher *w)
{
        if (!w)
                return NULL;

        (void) sd_event_source_disable_unref(w->source);
        closep(&w->fd);
        free(w);
        return NULL;
}

void watcher_watch(struct watcher *w, const char *path, bool on)
{
        if (w)
                (void) fanotify_mark(w->fd, on ? FAN_MARK_ADD : FAN_MARK_REMOVE, FAN_MODIFY, AT_FDCWD, path);
}

const struct sighting *watcher_last(struct watcher *w, const char *path)
{
        if (!w)
                return NULL;

        process(w);
        for (unsigned n = 1; n <= SIGHTINGS_MAX; n++) {
                const struct sighting *s = &w->sightings[(w->next + SIGHTINGS_MAX - n) % SIGHTINGS_MAX];

                if (s->pid != 0 && streq(s->path, path))
                        return s;
        }

        return NULL;
}
