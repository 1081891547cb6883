/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/order.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/call.h"
#include "util/clock.h"
#include "util/str.h"

/* The first look at the file comes after this long, then twice as late each time up to the last. */
#define PAUSE_FIRST_USEC 1000
#define PAUSE_LAST_USEC 50000

/* Looks need not be on time, only soon. */
#define PAUSE_ACCURACY_USEC 1000

/* A write for the worker. */
struct job {
        char *path, *raw;
        struct sysfile_form form;
        void (*at)(void *userdata, const char *point);
        void *userdata;
};

static void job_free(void *argument)
{
        struct job *j = argument;

        if (!j)
                return;

        free(j->path);
        free(j->raw);
        free(j);
}

struct order *order_free(struct order *o)
{
        if (!o)
                return NULL;

        unit_call_free(o->call);
        (void) sd_event_source_disable_unref(o->timer);
        ledger_entry_free(o->entry);
        target_clear(&o->target);
        free(o->cgroup);
        free(o->rule);
        free(o->before);
        free(o->after);
        free(o->want);
        free(o->detail);
        job_free(o->pending);
        free(o);
        return NULL;
}

void order_at(const struct order *o, const char *point)
{
        const struct actor_config *c = &o->actor->config;

        if (c->at)
                c->at(c->userdata, point);
}

void order_say(struct order *o, const char *format, ...)
{
        char *detail;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&detail, format, ap) < 0)
                detail = NULL;
        va_end(ap);

        free(o->detail);
        o->detail = detail;
}

int order_read(const struct order *o, char **ret_raw)
{
        if (o->target.kind == TARGET_CALL)
                return o->handle ? call_read(o->handle->knob, o->handle->object, ret_raw) : -ENODEV;
        return sysfile_read(o->target.path, &o->target.form, ret_raw);
}

bool order_object_lives(const struct order *o)
{
        const char *slash = strrchr(o->target.path, '/');
        _cleanup_free_ char *dir = slash ? strndup(o->target.path, (size_t) (slash - o->target.path)) : NULL;

        if (o->target.kind == TARGET_CALL)
                return o->handle && o->handle->knob->read;
        return dir && access(dir, F_OK) >= 0;
}

/* --- timers --- */

static int arm(struct order *o, uint64_t usec, sd_event_time_handler_t handler)
{
        o->timer = sd_event_source_disable_unref(o->timer);
        return sd_event_add_time_relative(o->actor->config.event, &o->timer, CLOCK_MONOTONIC, usec,
                                          PAUSE_ACCURACY_USEC, handler, o);
}

static void disarm(struct order *o)
{
        o->timer = sd_event_source_disable_unref(o->timer);
}

/* --- writing --- */

static int job_run(void *argument)
{
        const struct job *j = argument;

        if (j->at)
                j->at(j->userdata, "before-slow-write");
        return sysfile_write(j->path, &j->form, j->raw);
}

static int job_new(const struct order *o, const char *path, const struct sysfile_form *form, const char *raw,
                   struct job **ret)
{
        struct job *j = calloc(1, sizeof(*j));

        if (!j)
                return -ENOMEM;

        j->form = *form;
        j->at = o->actor->config.at;
        j->userdata = o->actor->config.userdata;
        j->path = strdup(path);
        j->raw = strdup(raw);
        if (!j->path || !j->raw) {
                job_free(j);
                return -ENOMEM;
        }

        *ret = j;
        return 0;
}

static void write_end(struct order *o, int r)
{
        disarm(o);
        o->writing = false;
        job_free(TAKE(o->pending));
        o->written(o, r);
}

static int on_write_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct order *o = userdata;

        /* Not begun: another order's write is stuck in the kernel. Nothing of this one was written. */
        write_end(o, o->pending ? -EALREADY : -ETIMEDOUT);
        return 0;
}

/* -EBUSY: the worker is not free yet. */
static int submit(struct order *o)
{
        if (worker_is_busy(o->actor->worker))
                return -EBUSY;

        return worker_submit(o->actor->worker, job_run, TAKE(o->pending), job_free);
}

void order_write_slowly(struct order *o, const char *path, const struct sysfile_form *form, const char *raw,
                        void (*written)(struct order *o, int r))
{
        int r;

        o->written = written;
        o->writing = true;
        r = job_new(o, path, form, raw, &o->pending);
        if (r >= 0)
                r = arm(o, order_timeout_usec(o), on_write_deadline);
        if (r >= 0)
                r = submit(o);
        if (r < 0 && r != -EBUSY)
                write_end(o, r);
}

void order_write(struct order *o, const char *raw, void (*written)(struct order *o, int r))
{
        if (o->target.kind == TARGET_CALL)
                written(o, o->handle ? call_write(o->handle->knob, o->handle->object, raw) : -ENODEV);
        else if (o->target.slow)
                order_write_slowly(o, o->target.path, &o->target.form, raw, written);
        else
                written(o, sysfile_write(o->target.path, &o->target.form, raw));
}

void order_worker_ended(struct order *o, int result)
{
        int r;

        /* The end of an order's write that gave up waiting for it: ours may begin now. */
        if (o->writing && o->pending) {
                r = submit(o);
                if (r < 0)
                        write_end(o, r);
        } else if (o->writing) {
                write_end(o, result);
        }
}

/* --- reading back --- */

/* A unit's file that went with its controller is as good as one that holds what the kernel puts there. */
static bool same_or_default(const struct order *o)
{
        const char *standard =
                o->target.kind == TARGET_UNIT && o->property ? o->property->kernel_default : NULL;
        const char *is = o->after ?: standard, *want = o->want ?: standard;

        return is && want && sysfile_same(&o->target.form, is, want);
}

static bool is_as_wanted(struct order *o)
{
        free(o->after);
        o->after = NULL;
        if (order_read(o, &o->after) < 0)
                o->after = NULL;

        return same_or_default(o);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata);

static void look(struct order *o)
{
        bool as_wanted = is_as_wanted(o);

        if (!as_wanted && monotonic_ns() < o->deadline_ns && arm(o, o->pause_usec, on_pause) >= 0) {
                o->pause_usec = o->pause_usec * 2 < PAUSE_LAST_USEC ? o->pause_usec * 2 : PAUSE_LAST_USEC;
                return;
        }

        disarm(o);
        o->settled(o, as_wanted);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata)
{
        look(userdata);
        return 0;
}

void order_settle(struct order *o, void (*settled)(struct order *o, bool as_wanted))
{
        o->settled = settled;
        o->pause_usec = PAUSE_FIRST_USEC;
        o->deadline_ns = monotonic_ns() + o->actor->config.deadline_ns;
        look(o);
}

/* --- asking systemd --- */

uint64_t order_timeout_usec(const struct order *o)
{
        return o->actor->config.deadline_ns / NSEC_PER_USEC;
}

void order_ask(struct order *o, int r, unit_cb answered)
{
        o->answered = answered;
        if (r < 0)
                answered(o, r, NULL, NULL);
}

void order_bus_lost(struct order *o)
{
        if (!o->call)
                return;

        o->call = unit_call_free(o->call);
        o->answered(o, -ENOTCONN, NULL, NULL);
}
