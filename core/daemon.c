/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* How long a stop may take before the rest is left to ExecStopPost= or the next start. */
#define STOP_DEADLINE_USEC (30 * USEC_PER_SEC)

/* Wakes a little late rather than an idle machine alone: timers within a tenth of a tick run together. */
#define TICK_ACCURACY(tick_ns) ((tick_ns) / NSEC_PER_USEC / 10)

DEFINE_CLEANUP(struct daemon *, daemon_free);

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct daemon *d = userdata;

        /* Nothing is decided before what an earlier run left has been put back. */
        if (!d->ready && !actor_idle(d->actor))
                return daemon_schedule(d, 10 * NSEC_PER_MSEC);
        if (d->stopping)
                return 0;

        daemon_tick(d);
        return daemon_schedule(d, d->options.tick_ns);
}

int daemon_schedule(struct daemon *d, uint64_t after_ns)
{
        /* Only a tick that comes by itself may wait for others to wake the CPU with. */
        uint64_t usec = after_ns / NSEC_PER_USEC;
        uint64_t accuracy_usec = after_ns < d->options.tick_ns ? 1000 : TICK_ACCURACY(d->options.tick_ns);
        int r;

        if (!d->timer)
                return sd_event_add_time_relative(d->event, &d->timer, CLOCK_MONOTONIC, usec, accuracy_usec, on_timer, d);
        r = sd_event_source_set_time_accuracy(d->timer, accuracy_usec);
        if (r >= 0)
                r = sd_event_source_set_time_relative(d->timer, usec);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

/* What could not be put back, refused or failed, is not passed over: ExecStopPost= and the next start try again. */
static int exit_now(struct daemon *d)
{
        size_t left = actor_left(d->actor, false);

        if (left == 0)
                return sd_event_exit(d->event, 0);
        tell_line(&d->teller, LOG_ERR, "%zu changes could not be put back: 'trimtabd --restore' tries again", left);
        return sd_event_exit(d->event, -EIO);
}

static int exit_when_idle(sd_event_source *source, void *userdata)
{
        struct daemon *d = userdata;

        return actor_idle(d->actor) ? exit_now(d) : 0;
}

static int exit_at_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct daemon *d = userdata;

        tell_line(&d->teller, LOG_ERR, "not everything could be put back in time: 'trimtabd --restore' tries again");
        return sd_event_exit(d->event, -ETIMEDOUT);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        struct daemon *d = userdata;
        int r;

        if (d->stopping)
                return sd_event_exit(d->event, -EINTR);

        d->stopping = true;
        (void) sd_notify(0, "STOPPING=1");
        tell_line(&d->teller, LOG_INFO, "stopping: putting everything back");

        r = actor_restore_all(d->actor, false);
        /* Nothing would come after which a post source is looked at. */
        if (r >= 0 && actor_idle(d->actor))
                return exit_now(d);
        if (r >= 0)
                r = sd_event_add_post(d->event, NULL, exit_when_idle, d);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, NULL, CLOCK_MONOTONIC, STOP_DEADLINE_USEC, 0,
                                               exit_at_deadline, d);
        return r < 0 ? sd_event_exit(d->event, r) : 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        (void) daemon_reload(userdata, 0, NULL);
        return 0;
}

/* Before any thread is made: they inherit it, and only the loop takes signals. */
static int block_signals(void)
{
        sigset_t mask;

        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGINT);
        (void) sigaddset(&mask, SIGHUP);
        (void) signal(SIGPIPE, SIG_IGN);
        return sigprocmask(SIG_BLOCK, &mask, NULL) < 0 ? -errno : 0;
}

static int take_signals(struct daemon *d)
{
        int r;

        r = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop, d);
        if (r >= 0)
                r = sd_event_add_signal(d->event, NULL, SIGINT, on_stop, d);
        if (r >= 0)
                r = sd_event_add_signal(d->event, NULL, SIGHUP, on_hangup, d);
        return r;
}

int daemon_new(const struct arguments *arguments, struct daemon **ret)
{
        _cleanup_(daemon_freep) struct daemon *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->arguments = arguments;
        d->lock_fd = -1;
        d->started_ns = monotonic_ns();
        log_init(&d->log, LOG_INFO);

        r = block_signals();
        if (r >= 0)
                r = daemon_make(d);
        if (r >= 0)
                r = take_signals(d);
        if (r < 0)
                return r;

        *ret = TAKE(d);
        return 0;
}

int daemon_run(struct daemon *d)
{
        int r;

        r = daemon_schedule(d, 0);
        if (r < 0)
                return r;
        return sd_event_loop(d->event);
}

struct daemon *daemon_free(struct daemon *d)
{
        if (!d)
                return NULL;

        folder_watch_free(d->plugins_watch);
        folder_watch_free(d->rules_watch);
        bus_server_free(d->server);
        /* From now on plugins that are closed have nothing to take off any more. */
        d->actor = actor_free(d->actor);
        system_bus_free(d->system_bus);
        ledger_free(d->ledger);
        free(d->pending);
        advice_clear(&d->advice);
        brakes_clear(&d->brakes);
        recordings_free(d->recordings);
        look_free(d->look);
        engine_free(d->engine);
        plugins_free(d->plugins);
        rules_text_clear(&d->rules_text);
        (void) trial_end(d);
        store_free(d->store);
        catalogue_free(d->catalogue);
        cgroup_tree_free(d->cgroups);
        objects_free(d->objects);
        events_free(d->events);
        sd_event_source_disable_unref(d->timer);
        sd_event_unref(d->event);
        if (d->lock_fd >= 0)
                (void) close(d->lock_fd);
        free(d->plugin_dir);
        options_clear(&d->options);
        free(d);
        return NULL;
}
