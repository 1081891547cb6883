/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "triggers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Without CAP_SYS_RESOURCE the kernel (from 6.4 on) takes only windows that are multiples of this one, on
 * which it looks anyway. */
#define FREE_WINDOW_US 2000000u
#define WINDOW_MAX_US 10000000u

/* Evaluations of all triggers together. */
#define WAKES_A_WINDOW 4

void triggers_init(struct triggers *t, const struct trimtab_host *h)
{
        double stall_ms = 0, window_ms = 0, max = 0;

        *t = (struct triggers){ .host = h, .epoll_fd = -1 };
        (void) h->option_number(h, "psi-stall", &stall_ms);
        (void) h->option_number(h, "psi-window", &window_ms);
        (void) h->option_number(h, "psi-triggers", &max);
        if (stall_ms > window_ms) {
                h->log(h, TRIMTAB_LOG_WARNING,
                       "psi-stall is longer than psi-window, in which it would have to fit: both are %g ms "
                       "now",
                       window_ms);
                stall_ms = window_ms;
        }

        t->stall_us = (uint32_t) (stall_ms * 1000);
        t->window_us = (uint32_t) (window_ms * 1000);
        t->max = (unsigned) max;
}

void triggers_clear(struct triggers *t)
{
        if (t->epoll_fd >= 0)
                (void) close(t->epoll_fd);
        t->epoll_fd = -1;
}

/* For the rest of this run, said once. */
static void give_up(struct triggers *t, int error)
{
        t->host->log(t->host, TRIMTAB_LOG_NOTICE,
                     "no PSI triggers here, pressure is seen at the next tick: %s%s", strerror(-error),
                     error == -EPERM || error == -EACCES ? " (they need CAP_SYS_RESOURCE)" : "");
        t->stall_us = 0;
}

/* The window that needs no privilege, with as large a share of it as was asked for. false: it is no other. */
static bool widen(struct triggers *t)
{
        uint32_t window_us = (t->window_us + FREE_WINDOW_US - 1) / FREE_WINDOW_US * FREE_WINDOW_US;

        if (window_us == t->window_us || window_us > WINDOW_MAX_US)
                return false;

        t->stall_us = (uint32_t) ((uint64_t) t->stall_us * window_us / t->window_us);
        t->window_us = window_us;
        t->host->log(t->host, TRIMTAB_LOG_NOTICE,
                     "the kernel takes no shorter window for PSI triggers without CAP_SYS_RESOURCE: "
                     "psi-window is %u ms, psi-stall %u ms",
                     t->window_us / 1000, t->stall_us / 1000);
        return true;
}

/* 0 or -errno of the write. */
static int ask(const struct triggers *t, int fd, enum metric metric)
{
        char text[64];
        int n;

        n = snprintf(text, sizeof(text), "%s %u %u", sources[metric].keys[0], t->stall_us, t->window_us);
        /* The NUL goes with it: the kernel overwrites the last byte. */
        return write(fd, text, (size_t) n + 1) < 0 ? -errno : 0;
}

/* A descriptor on which the trigger is set, or -errno. */
static int open_trigger(struct triggers *t, const struct group *g, enum metric metric)
{
        int fd = group_open_file(g, sources[metric].file, O_RDWR | O_NONBLOCK), r;

        if (fd < 0)
                return fd;

        r = ask(t, fd, metric);
        if ((r == -EINVAL || r == -EPERM) && widen(t))
                r = ask(t, fd, metric);
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        return fd;
}

static int make_epoll(struct triggers *t)
{
        if (t->epoll_fd >= 0)
                return 0;
        t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        return t->epoll_fd < 0 ? -errno : 0;
}

void triggers_add(struct triggers *t, struct group *g, enum metric metric)
{
        struct trigger *trigger = &g->triggers[metric];
        struct epoll_event event = { .events = EPOLLPRI, .data.ptr = trigger };
        int fd, r;

        if (t->stall_us == 0 || trigger->fd >= 0)
                return;
        if (t->n >= t->max) {
                if (!t->told_full)
                        t->host->log(t->host, TRIMTAB_LOG_NOTICE,
                                     "more than %u PSI triggers wanted: the pressure of some cgroups is seen "
                                     "at the next tick "
                                     "(psi-triggers)",
                                     t->max);
                t->told_full = true;
                return;
        }

        r = make_epoll(t);
        fd = r < 0 ? r : open_trigger(t, g, metric);
        /* The cgroup has no such file or is going, or there are no descriptors just now: not a reason to give
         * up. */
        if (fd == -ENOENT || fd == -ENODEV || fd == -EMFILE || fd == -ENFILE)
                return;
        if (fd < 0) {
                /* Where others work it is this one that cannot be. */
                if (t->n == 0)
                        give_up(t, fd);
                return;
        }
        if (epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
                give_up(t, -errno);
                (void) close(fd);
                return;
        }
        trigger->fd = fd;
        t->n++;
}

void triggers_drop(struct triggers *t, struct group *g, enum metric metric)
{
        struct trigger *trigger = &g->triggers[metric];

        if (trigger->fd < 0)
                return;
        (void) close(trigger->fd); /* which takes it out of the epoll set */
        trigger->fd = -1;
        t->n--;
}

void triggers_drop_all(struct triggers *t, struct group *g)
{
        for (enum metric m = 0; m < N_PRESSURES; m++)
                triggers_drop(t, g, m);
}

/* Many cgroups under pressure must not have the rules evaluated all the time. What is left out here is told
 * again, a window later, if it lasts. */
static bool is_due(struct triggers *t)
{
        struct timespec now;
        uint64_t now_us;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        now_us = (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
        if (t->fired_us > 0 && now_us - t->fired_us < t->window_us / WAKES_A_WINDOW)
                return false;
        t->fired_us = now_us;
        return true;
}

bool triggers_fired(struct triggers *t)
{
        struct epoll_event events[64];
        bool fired;
        int n;

        /* A trigger is told to the first who asks, and that may have been the loop, which asks our
         * descriptor, which asks them all: nothing left to be seen here means that one has fired. */
        n = epoll_wait(t->epoll_fd, events, sizeof(events) / sizeof(events[0]), 0);
        fired = n == 0;
        for (int i = 0; i < n; i++) {
                struct trigger *trigger = events[i].data.ptr;

                /* Its cgroup is gone; without this it would be told again and again. */
                if (events[i].events & (EPOLLERR | EPOLLHUP))
                        triggers_drop(t, trigger->group, (enum metric)(trigger - trigger->group->triggers));
                else if (events[i].events & EPOLLPRI)
                        fired = true;
        }
        return fired && is_due(t);
}
