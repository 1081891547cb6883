/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/order.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/batch.h"
#include "act/call.h"
#include "act/ethtool.h"
#include "act/slow.h"
#include "util/clock.h"
#include "util/str.h"

/* The first look at the file comes after this long, then twice as late each time up to the last. */
#define PAUSE_FIRST_USEC 1000
#define PAUSE_LAST_USEC 50000

/* Looks need not be on time, only soon. */
#define PAUSE_ACCURACY_USEC 1000

int order_new(struct actor *a, enum order_verb verb, const char *rule, uint64_t decision, struct order **ret)
{
        _cleanup_(order_freep) struct order *o = NULL;

        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;

        o->actor = a;
        o->verb = verb;
        o->decision = decision;
        if (rule) {
                o->rule = strdup(rule);
                if (!o->rule)
                        return -ENOMEM;
        }

        *ret = TAKE(o);
        return 0;
}

struct order *order_free(struct order *o)
{
        if (!o)
                return NULL;

        batch_drop(o);
        slow_forget(o);
        (void) sd_event_source_disable_unref(o->timer);
        ledger_entry_free(o->entry);
        target_clear(&o->target);
        free(o->cgroup);
        free(o->rule);
        free(o->before);
        free(o->after);
        free(o->want);
        free(o->text);
        free(o->detail);
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

void order_note_file(const struct order *o)
{
        if (o->handle && target_is_in_file(&o->target))
                o->handle->file = sysfile_id(o->target.path);
}

/* A plugin that still answers, and not that there is no such thing any more. */
static bool call_lives(const struct order *o)
{
        const struct knob *knob = o->handle ? o->handle->knob : NULL;
        _cleanup_free_ char *raw = NULL;

        if (!knob || !knob->self)
                return false;
        return !knob->read || call_read(knob, o->handle->object, &raw) != -ENODEV;
}

bool order_object_lives(const struct order *o)
{
        const char *slash = strrchr(o->target.path, '/');
        _cleanup_free_ char *dir = slash ? strndup(o->target.path, (size_t) (slash - o->target.path)) : NULL;

        if (o->target.kind == TARGET_CALL)
                return call_lives(o);
        if (o->target.form.form == TRIMTAB_FORM_ETHTOOL)
                return ethtool_lives(o->target.path);
        return dir && access(dir, F_OK) >= 0;
}

/* --- timers --- */

int order_arm(struct order *o, uint64_t usec, sd_event_time_handler_t handler)
{
        o->timer = sd_event_source_disable_unref(o->timer);
        return sd_event_add_time_relative(o->actor->config.event, &o->timer, CLOCK_MONOTONIC, usec,
                                          PAUSE_ACCURACY_USEC, handler, o);
}

void order_disarm(struct order *o)
{
        o->timer = sd_event_source_disable_unref(o->timer);
}

/* --- writing --- */

void order_write(struct order *o, const char *raw, void (*written)(struct order *o, int r))
{
        if (o->target.kind == TARGET_CALL)
                written(o, o->handle ? call_write(o->handle->knob, o->handle->object, raw) : -ENODEV);
        else if (o->target.slow)
                order_write_slowly(o, o->target.path, &o->target.form, raw, written);
        else
                written(o, sysfile_write(o->target.path, &o->target.form, raw));
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

        if (!as_wanted && monotonic_ns() < o->deadline_ns && order_arm(o, o->pause_usec, on_pause) >= 0) {
                o->pause_usec = o->pause_usec * 2 < PAUSE_LAST_USEC ? o->pause_usec * 2 : PAUSE_LAST_USEC;
                return;
        }

        order_disarm(o);
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
        o->deadline_ns = monotonic_ns();
        /* What a driver makes of a setting it has made when it answers. */
        if (o->target.form.form != TRIMTAB_FORM_ETHTOOL)
                o->deadline_ns += o->actor->config.deadline_ns;
        look(o);
}

uint64_t order_timeout_usec(const struct order *o)
{
        return o->actor->config.deadline_ns / NSEC_PER_USEC;
}
