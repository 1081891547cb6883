/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/system-bus.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define RETRY_USEC (5 * USEC_PER_SEC)

struct system_bus {
        sd_event *event;
        sd_event_source *retry;
        sd_bus *bus;
        void (*changed)(void *userdata, sd_bus *bus);
        void *userdata;
};

static int try_again(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void) system_bus_connect(userdata);
        return 0;
}

static int later(struct system_bus *b)
{
        b->retry = sd_event_source_disable_unref(b->retry);
        return sd_event_add_time_relative(b->event, &b->retry, CLOCK_MONOTONIC, RETRY_USEC, USEC_PER_SEC, try_again, b);
}

static int disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct system_bus *b = userdata;

        /* Whoever holds the connection lets go of it first. */
        b->changed(b->userdata, NULL);
        sd_bus_detach_event(b->bus);
        b->bus = sd_bus_close_unref(b->bus);
        return later(b);
}

int system_bus_connect(struct system_bus *b)
{
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, NULL, "org.freedesktop.DBus.Local", NULL,
                                              "org.freedesktop.DBus.Local", "Disconnected", disconnected, NULL, b);
        if (r >= 0)
                r = sd_bus_attach_event(bus, b->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0) {
                sd_bus_close_unref(bus);
                (void) later(b);
                return r;
        }

        b->bus = bus;
        b->changed(b->userdata, bus);
        return 0;
}

int system_bus_new(sd_event *event, void (*changed)(void *userdata, sd_bus *bus), void *userdata,
                   struct system_bus **ret)
{
        struct system_bus *b = calloc(1, sizeof(*b));

        if (!b)
                return -ENOMEM;
        b->event = sd_event_ref(event);
        b->changed = changed;
        b->userdata = userdata;
        *ret = b;
        return 0;
}

struct system_bus *system_bus_free(struct system_bus *b)
{
        if (!b)
                return NULL;
        sd_event_source_disable_unref(b->retry);
        if (b->bus)
                sd_bus_detach_event(b->bus);
        sd_bus_flush_close_unref(b->bus);
        sd_event_unref(b->event);
        free(b);
        return NULL;
}
