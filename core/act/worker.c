/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "util/cleanup.h"

/* As many writes may be stuck at once before the next one has to wait. Each costs a thread that sleeps. */
#define THREADS_MAX 4

/* At the end, for those who are not stuck but only slow. */
#define PATIENCE_SEC 1

struct worker {
        sd_event_source *source;
        int fd; /* eventfd: a thread has put a task among the ended */

        pthread_t threads[THREADS_MAX];
        unsigned n_threads;
        bool is_left; /* tasks are stuck, and nobody waits for their threads: the last of them frees this */

        pthread_mutex_t lock; /* for those below */
        pthread_cond_t changed;
        struct task *waiting; /* first come, first served */
        struct task *begun;
        struct task *done;
        unsigned idle;    /* threads that wait for work */
        unsigned n_alive; /* threads that have not ended */
        bool stop;
};

DEFINE_CLEANUP(struct worker *, worker_free);

/* With the lock held, as on return. */
static void run_one(struct worker *w)
{
        struct task *t = w->waiting;
        int result;

        LL_DELETE(w->waiting, t);
        LL_APPEND(w->begun, t);
        (void) pthread_mutex_unlock(&w->lock);
        result = t->run(t);
        (void) pthread_mutex_lock(&w->lock);

        /* Nobody wants to know. */
        if (w->is_left) {
                t->drop(t);
                return;
        }

        t->result = result;
        LL_DELETE(w->begun, t);
        LL_APPEND(w->done, t);
        (void) eventfd_write(w->fd, 1);
        if (w->stop)
                (void) pthread_cond_broadcast(&w->changed);
}

static void clear(struct worker *w)
{
        (void) pthread_cond_destroy(&w->changed);
        (void) pthread_mutex_destroy(&w->lock);
        free(w);
}

static void *run(void *userdata)
{
        struct worker *w = userdata;
        bool is_last;

        (void) pthread_mutex_lock(&w->lock);
        for (;;) {
                while (!w->waiting && !w->stop) {
                        w->idle++;
                        (void) pthread_cond_wait(&w->changed, &w->lock);
                        w->idle--;
                }
                if (w->stop)
                        break;

                run_one(w);
        }
        is_last = --w->n_alive == 0 && w->is_left;
        (void) pthread_mutex_unlock(&w->lock);

        if (is_last)
                clear(w);
        return NULL;
}

/* Signals are the loop's: sd_event takes them by signalfd, for which no thread may let them through. */
static int start_thread(struct worker *w)
{
        sigset_t all, before;
        int r;

        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&w->threads[w->n_threads], NULL, run, w);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r != 0)
                return -r;

        w->n_threads++;
        w->n_alive++;
        return 0;
}

static int on_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct worker *w = userdata;
        struct task *done;
        eventfd_t n;

        (void) eventfd_read(fd, &n);
        (void) pthread_mutex_lock(&w->lock);
        done = TAKE(w->done);
        (void) pthread_mutex_unlock(&w->lock);

        for (struct task *t = done, *next; t; t = next) {
                next = t->next;
                t->ended(t, t->result);
        }
        return 0;
}

static void make_lock(struct worker *w)
{
        pthread_condattr_t monotonic;

        (void) pthread_mutex_init(&w->lock, NULL);
        (void) pthread_condattr_init(&monotonic);
        (void) pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        (void) pthread_cond_init(&w->changed, &monotonic);
        (void) pthread_condattr_destroy(&monotonic);
}

int worker_new(sd_event *event, struct worker **ret)
{
        _cleanup_(worker_freep) struct worker *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;

        make_lock(w);
        w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->fd < 0)
                return -errno;

        r = sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_ended, w);
        if (r < 0)
                return r;

        *ret = TAKE(w);
        return 0;
}

/* With the lock held. False: time is up. */
static bool await_end(struct worker *w)
{
        struct timespec until;
        int r = 0;

        (void) clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += PATIENCE_SEC;
        while (w->begun && r == 0)
                r = pthread_cond_timedwait(&w->changed, &w->lock, &until);

        return !w->begun;
}

/* With the lock held, so that none of the threads frees the worker meanwhile. */
static void leave(struct worker *w)
{
        struct task *t;

        w->is_left = true;
        LL_FOREACH(w->begun, t)
        t->left(t);
        for (unsigned i = 0; i < w->n_threads; i++)
                (void) pthread_detach(w->threads[i]);
}

struct worker *worker_free(struct worker *w)
{
        bool is_stuck;

        if (!w)
                return NULL;

        (void) pthread_mutex_lock(&w->lock);
        (void) sd_event_source_disable_unref(w->source);
        w->stop = true;
        (void) pthread_cond_broadcast(&w->changed);
        is_stuck = !await_end(w);
        closep(&w->fd);
        if (is_stuck)
                leave(w);
        (void) pthread_mutex_unlock(&w->lock);
        if (is_stuck)
                return NULL;

        for (unsigned i = 0; i < w->n_threads; i++)
                (void) pthread_join(w->threads[i], NULL);
        clear(w);
        return NULL;
}

int worker_submit(struct worker *w, struct task *t)
{
        unsigned ahead = 0;
        struct task *other;
        int r = 0;

        (void) pthread_mutex_lock(&w->lock);
        LL_COUNT(w->waiting, other, ahead);
        if (ahead >= w->idle && w->n_threads < THREADS_MAX)
                r = start_thread(w);
        /* With a thread there it will have its turn, be it later. */
        if (r >= 0 || w->n_threads > 0) {
                LL_APPEND(w->waiting, t);
                (void) pthread_cond_signal(&w->changed);
                r = 0;
        }
        (void) pthread_mutex_unlock(&w->lock);
        return r;
}

bool worker_take_back(struct worker *w, struct task *t)
{
        struct task *found;

        (void) pthread_mutex_lock(&w->lock);
        LL_FOREACH(w->waiting, found)
        if (found == t)
                break;
        if (found)
                LL_DELETE(w->waiting, t);
        (void) pthread_mutex_unlock(&w->lock);
        return found;
}
