/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/cleanup.h"

struct worker {
        sd_event_source *source;
        int fd; /* eventfd: the thread has put a result in place */
        void (*ended)(void *userdata, int result);
        void *userdata;
        void (*free_argument)(void *argument);
        bool busy; /* the loop's view: from submit to ended */

        pthread_t thread;
        bool running;
        pthread_mutex_t lock; /* for those below */
        pthread_cond_t changed;
        int (*job)(void *argument); /* NULL: nothing to do */
        void *argument;
        int result;
        bool stop;
};

DEFINE_CLEANUP(struct worker *, worker_free);

static void *run(void *userdata)
{
        struct worker *w = userdata;

        (void) pthread_mutex_lock(&w->lock);
        for (;;) {
                int result;

                while (!w->job && !w->stop)
                        (void) pthread_cond_wait(&w->changed, &w->lock);
                if (!w->job)
                        break;

                (void) pthread_mutex_unlock(&w->lock);
                result = w->job(w->argument);
                (void) pthread_mutex_lock(&w->lock);

                w->job = NULL;
                w->result = result;
                (void) eventfd_write(w->fd, 1);
        }
        (void) pthread_mutex_unlock(&w->lock);

        return NULL;
}

/* Signals are the loop's: sd_event takes them by signalfd, for which no thread may let them through. */
static int start(struct worker *w)
{
        sigset_t all, before;
        int r;

        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&w->thread, NULL, run, w);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

        w->running = r == 0;
        return -r;
}

static int on_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct worker *w = userdata;
        eventfd_t n;
        int result;

        (void) eventfd_read(fd, &n);
        (void) pthread_mutex_lock(&w->lock);
        result = w->result;
        (void) pthread_mutex_unlock(&w->lock);

        w->free_argument(w->argument);
        w->argument = NULL;
        w->busy = false;
        w->ended(w->userdata, result);
        return 0;
}

int worker_new(sd_event *event, void (*ended)(void *userdata, int result), void *userdata,
               struct worker **ret)
{
        _cleanup_(worker_freep) struct worker *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;

        w->fd = -1;
        w->ended = ended;
        w->userdata = userdata;
        (void) pthread_mutex_init(&w->lock, NULL);
        (void) pthread_cond_init(&w->changed, NULL);

        w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->fd < 0)
                return -errno;

        r = sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_ended, w);
        if (r < 0)
                return r;

        *ret = TAKE(w);
        return 0;
}

struct worker *worker_free(struct worker *w)
{
        if (!w)
                return NULL;

        if (w->running) {
                (void) pthread_mutex_lock(&w->lock);
                w->stop = true;
                (void) pthread_cond_signal(&w->changed);
                (void) pthread_mutex_unlock(&w->lock);
                (void) pthread_join(w->thread, NULL);
        }
        if (w->argument)
                w->free_argument(w->argument);

        (void) sd_event_source_disable_unref(w->source);
        closep(&w->fd);
        (void) pthread_cond_destroy(&w->changed);
        (void) pthread_mutex_destroy(&w->lock);
        free(w);
        return NULL;
}

int worker_submit(struct worker *w, int (*job)(void *argument), void *argument,
                  void (*free_argument)(void *argument))
{
        int r = 0;

        if (w->busy)
                r = -EBUSY;
        else if (!w->running)
                r = start(w);
        if (r < 0) {
                free_argument(argument);
                return r;
        }

        (void) pthread_mutex_lock(&w->lock);
        w->job = job;
        w->argument = argument;
        w->free_argument = free_argument;
        (void) pthread_cond_signal(&w->changed);
        (void) pthread_mutex_unlock(&w->lock);

        w->busy = true;
        return 0;
}

bool worker_is_busy(const struct worker *w)
{
        return w->busy;
}
