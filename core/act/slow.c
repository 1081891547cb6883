/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/slow.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "act/hazard.h"
#include "act/withdraw.h"
#include "util/str.h"

struct write {
        struct task task;
        struct write *next; /* in actor.writes */
        struct actor *actor;
        struct order *order; /* waits for it; NULL: gave up */
        char *path, *raw;
        char *before;   /* what the file held when it was last read; NULL: not known */
        bool contest;   /* written whatever it holds by then */
        struct sysfile_form form;
        void (*at)(void *userdata, const char *point);
        void *userdata;

        /* For its late end. */
        enum order_verb verb;
        struct handle *handle;
        struct target target; /* no path: another file than the order's own */
        char *rule;
        uint64_t decision;
};

static struct write *write_of(struct task *t)
{
        return (struct write *) ((char *) t - offsetof(struct write, task));
}

static void write_free(struct write *w)
{
        if (w->actor)
                LL_DELETE(w->actor->writes, w);
        target_clear(&w->target);
        free(w->path);
        free(w->raw);
        free(w->before);
        free(w->rule);
        free(w);
}

/* It may have waited for a thread, seconds long. */
static bool is_overtaken(const struct write *w)
{
        _cleanup_free_ char *raw = NULL;

        return w->before && !w->contest && sysfile_read(w->path, &w->form, &raw) >= 0 &&
               !sysfile_same(&w->form, raw, w->before);
}

static int run(struct task *t)
{
        const struct write *w = write_of(t);

        if (w->at)
                w->at(w->userdata, "before-slow-write");
        return is_overtaken(w) ? -ESTALE : sysfile_write(w->path, &w->form, w->raw);
}

/* --- its late end --- */

/* The orders that waited for it come before all others again, in their order. */
static void let_go_on(struct write *w)
{
        struct actor *a = w->actor;
        struct order *waited = NULL, *o, *next;

        LL_FOREACH_SAFE(a->running, o, next)
        if (o->held_up_by == w) {
                LL_DELETE(a->running, o);
                o->held_up_by = NULL;
                o->aside = false;
                order_disarm(o);
                LL_APPEND(waited, o);
        }
        LL_CONCAT(waited, a->queue);
        a->queue = waited;
}

/* Nobody wants it any more: who asked for it was told that it failed. */
static void put_back(struct write *w)
{
        struct order *o;

        if (order_new(w->actor, ORDER_RESTORE, w->rule, w->decision, &o) < 0)
                return; /* the ledger knows of it: restored at the end */

        o->target = w->target;
        w->target = (struct target){};
        o->handle = w->handle;
        order_say(o, "a write that had been given up came late");
        queue_add_first(w->actor, o);
}

/* An error does not say that nothing happened. */
static bool is_untouched(const struct write *w, int result)
{
        _cleanup_free_ char *raw = NULL;

        if (result >= 0 || result == -ESTALE)
                return result < 0;
        return w->before && sysfile_read(w->path, &w->form, &raw) >= 0 && sysfile_same(&w->form, raw, w->before);
}

static void end_late(struct write *w, int result)
{
        struct actor *a = w->actor;

        if (w->handle)
                w->handle->orders--;
        let_go_on(w);

        if (w->target.path && ledger_find(a->config.ledger, &w->target)) {
                if (!is_untouched(w, result))
                        put_back(w);
                else if (w->verb == ORDER_SET)
                        (void) ledger_refuse(a->config.ledger, &w->target);
        }
        queue_kick(a);
}

static void on_ended(struct task *t, int result)
{
        struct write *w = write_of(t);
        struct order *o = w->order;

        if (o) {
                order_disarm(o);
                o->write = NULL;
        } else {
                end_late(w, result);
        }
        write_free(w);
        if (o)
                o->written(o, result);
}

/* A thread that the kernel does not let go still has its hands on it. */
static void on_left(struct task *t)
{
        struct write *w = write_of(t);

        LL_DELETE(w->actor->writes, w);
        w->actor = NULL;
}

static void on_drop(struct task *t)
{
        write_free(write_of(t));
}

/* --- giving up --- */

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct order *o = userdata;
        struct write *w = TAKE(o->write);

        order_disarm(o);
        w->order = NULL;

        /* Not begun: other writes are stuck in the kernel. Nothing of this one was written. */
        if (worker_take_back(o->actor->worker, &w->task)) {
                write_free(w);
                o->written(o, -EALREADY);
                return 0;
        }

        w->handle = o->handle;
        if (w->handle)
                w->handle->orders++;
        o->written(o, -ETIMEDOUT);
        return 0;
}

void slow_forget(struct order *o)
{
        struct write *w = TAKE(o->write);

        if (!w)
                return;

        w->order = NULL;
        if (worker_take_back(o->actor->worker, &w->task))
                write_free(w);
}

void slow_clear(struct actor *a)
{
        while (a->writes)
                write_free(a->writes);
}

static int on_held_up(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct order *o = userdata;

        order_disarm(o);
        o->held_up_by = NULL;
        if (withdraw_ends(o))
                return 0;
        order_say(o, "an earlier write is still stuck in the kernel");
        order_finish(o, OUTCOME_FAILED, -EALREADY);
        return 0;
}

bool slow_holds_up(struct order *o)
{
        struct limit limit = limit_at(o->target.path);
        struct write *w;

        /* The drain that it has given up is its own. */
        if (o->is_drained)
                return false;

        LL_FOREACH(o->actor->writes, w)
        {
                struct limit stuck = limit_at(w->path);

                if (!w->order && hazard_conflicts(&stuck, &limit))
                        break;
        }
        if (!w || order_arm(o, order_timeout_usec(o), on_held_up) < 0)
                return false;

        o->held_up_by = w;
        queue_step_aside(o);
        return true;
}

/* --- beginning --- */

static int write_new(struct order *o, const char *path, const struct sysfile_form *form, const char *raw,
                     struct write **ret)
{
        bool own = path == o->target.path;
        const char *before = own ? o->after ?: o->before : NULL;
        struct write *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;

        w->task = (struct task){ .run = run, .ended = on_ended, .left = on_left, .drop = on_drop };
        w->verb = o->verb;
        w->decision = o->decision;
        w->form = *form;
        w->path = strdup(path);
        w->raw = strdup(raw);
        w->rule = o->rule ? strdup(o->rule) : NULL;
        w->before = before ? strdup(before) : NULL;
        w->contest = o->contest || (o->entry && o->entry->contest);
        if (!w->path || !w->raw || (before && !w->before) || (o->rule && !w->rule) ||
            (own && target_copy(&o->target, &w->target) < 0)) {
                write_free(w);
                return -ENOMEM;
        }

        w->actor = o->actor;
        w->at = o->actor->config.at;
        w->userdata = o->actor->config.userdata;
        w->order = o;
        LL_APPEND(w->actor->writes, w);
        *ret = w;
        return 0;
}

void order_write_slowly(struct order *o, const char *path, const struct sysfile_form *form, const char *raw,
                        void (*written)(struct order *o, int r))
{
        struct write *w;
        int r;

        r = write_new(o, path, form, raw, &w);
        if (r < 0) {
                written(o, r);
                return;
        }

        r = order_arm(o, order_timeout_usec(o), on_deadline);
        if (r >= 0)
                r = worker_submit(o->actor->worker, &w->task);
        if (r < 0) {
                order_disarm(o);
                write_free(w);
                written(o, r);
                return;
        }

        o->written = written;
        o->write = w;
        queue_step_aside(o);
}
