/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/reloads.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"

/* A reload that never says it is over (a systemd that crashed) must not stop us for good. */
#define HOLD_USEC (90 * USEC_PER_SEC)

/* The signal comes before systemd goes through its cgroups, which is what it does next; with thousands it takes a while. */
#define SETTLE_USEC (USEC_PER_SEC / 5)
#define SETTLE_AGAIN_USEC (3 * USEC_PER_SEC)
#define ACCURACY_USEC (USEC_PER_SEC / 50)

struct reloads {
        sd_event *event;
        sd_bus *bus;
        sd_bus_slot *reloading, *owner, *subscribed;
        sd_event_source *timer; /* until the hold ends, then until the second look */
        bool hold;
        void (*settled)(void *userdata);
        void *userdata;
};

int reloads_new(sd_event *event, void (*settled)(void *userdata), void *userdata, struct reloads **ret)
{
        struct reloads *r = calloc(1, sizeof(*r));

        if (!r)
                return -ENOMEM;

        r->event = sd_event_ref(event);
        r->settled = settled;
        r->userdata = userdata;
        *ret = r;
        return 0;
}

static void let_go_of_bus(struct reloads *r)
{
        r->reloading = sd_bus_slot_unref(r->reloading);
        r->owner = sd_bus_slot_unref(r->owner);
        r->subscribed = sd_bus_slot_unref(r->subscribed);
        r->bus = sd_bus_unref(r->bus);
}

struct reloads *reloads_free(struct reloads *r)
{
        if (!r)
                return NULL;

        let_go_of_bus(r);
        (void) sd_event_source_disable_unref(r->timer);
        sd_event_unref(r->event);
        free(r);
        return NULL;
}

bool reloads_hold(const struct reloads *r)
{
        return r->hold;
}

/* --- time --- */

static int arm(struct reloads *r, uint64_t usec, sd_event_time_handler_t handler)
{
        r->timer = sd_event_source_disable_unref(r->timer);
        return sd_event_add_time_relative(r->event, &r->timer, CLOCK_MONOTONIC, usec, ACCURACY_USEC, handler, r);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct reloads *r = userdata;

        r->timer = sd_event_source_disable_unref(r->timer);
        r->settled(r->userdata);
        return 0;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct reloads *r = userdata;

        r->hold = false;
        (void) arm(r, SETTLE_AGAIN_USEC, on_again);
        r->settled(r->userdata);
        return 0;
}

static void hold(struct reloads *r, uint64_t usec)
{
        r->hold = arm(r, usec, on_settled) >= 0;
}

/* --- what systemd says --- */

static int on_reloading(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        int begins;

        if (sd_bus_message_read(m, "b", &begins) >= 0)
                hold(userdata, begins ? HOLD_USEC : SETTLE_USEC);
        return 0;
}

/* It sends its signals only to those who asked. */
static int subscribe(struct reloads *r)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int k;

        k = sd_bus_message_new_method_call(r->bus, &m, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe");
        if (k >= 0)
                k = sd_bus_message_set_auto_start(m, false);
        if (k < 0)
                return k;

        return sd_bus_call_async(r->bus, NULL, m, NULL, NULL, 0);
}

/* It is back on the bus after daemon-reexec, with or without its list of those who asked. */
static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct reloads *r = userdata;
        const char *name, *before, *now;

        if (sd_bus_message_read(m, "sss", &name, &before, &now) < 0 || !*now)
                return 0;

        (void) subscribe(r);
        hold(r, SETTLE_USEC);
        return 0;
}

static int listen_to(struct reloads *r)
{
        int k;

        k = sd_bus_match_signal_async(r->bus, &r->reloading, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Reloading",
                                      on_reloading, NULL, r);
        if (k >= 0)
                k = sd_bus_add_match_async(r->bus, &r->owner,
                                           "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                                           "arg0='" SYSTEMD "'",
                                           on_owner, NULL, r);
        return k < 0 ? k : subscribe(r);
}

int reloads_set_bus(struct reloads *r, sd_bus *bus)
{
        int k;

        let_go_of_bus(r);
        if (!bus)
                return 0;

        r->bus = sd_bus_ref(bus);
        k = listen_to(r);
        if (k < 0)
                let_go_of_bus(r);
        return k;
}
