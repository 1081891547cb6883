/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <systemd/sd-daemon.h>

#include "daemon/state.h"
#include "util/clock.h"

/* A tick feeds the watchdog; where ticks are far apart, so does a timer, for as long as the last one is not overdue. */
static int on_feeding_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct daemon *d = userdata;
        uint64_t every_usec;
        int r;

        r = sd_watchdog_enabled(0, &every_usec);
        if (r <= 0)
                return r;
        if (monotonic_ns() - d->views.last_tick_ns <= 2 * d->options.tick_ns)
                (void) sd_notify(0, "WATCHDOG=1");

        r = sd_event_source_set_time_relative(source, every_usec / 2);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int daemon_watch_ticks(struct daemon *d)
{
        uint64_t every_usec;
        int r;

        r = sd_watchdog_enabled(0, &every_usec);
        if (r <= 0 || d->options.tick_ns / NSEC_PER_USEC <= every_usec / 2)
                return r;
        return sd_event_add_time_relative(d->event, NULL, CLOCK_MONOTONIC, every_usec / 2, 0, on_feeding_time, d);
}
