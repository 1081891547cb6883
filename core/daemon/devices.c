/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/devices.h"

#include <errno.h>
#include <string.h>

#include "daemon/rules.h"
#include "daemon/state.h"
#include "sense/blocks.h"
#include "sense/ifaces.h"
#include "sense/irqs.h"

/* What the machine has of one scope, and how the kernel tells that it changed. */
struct kind {
        const char *name; /* "block devices" */
        const char *folder;
        int (*scan)(struct objects *objects, const char *folder, object_changed changed, void *userdata);
        int (*open_events)(void);
        int (*read_events)(int fd); /* 1: scan */
        sd_event_io_handler_t on_events;
};

static int on_blocks(sd_event_source *source, int fd, uint32_t revents, void *userdata);
static int on_ifaces(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static const struct kind blocks = {
        "block devices", "/sys/block", blocks_scan, blocks_open_uevents, blocks_read_uevents, on_blocks,
};

static const struct kind ifaces = {
        "network interfaces", "/sys/class/net", ifaces_scan, ifaces_open_events, ifaces_read_events, on_ifaces,
};

static int scan_irqs(struct objects *objects, const char *folder, object_changed changed, void *userdata)
{
        return irqs_scan(objects, folder, "/proc/irq", changed, userdata);
}

/* The kernel does not tell of them. */
static const struct kind irqs = { .name = "interrupts", .folder = "/sys/kernel/irq", .scan = scan_irqs };

static void on_object(void *userdata, struct oid id, bool came)
{
        struct daemon *d = userdata;

        plugins_object(d->plugins, id, came);
        if (came)
                return;
        store_forget(d->store, id);
        if (d->actor)
                actor_object_gone(d->actor, id);
}

/* Brings registry, knobs and rules up to date with what there is. */
static int follow(struct daemon *d, const struct kind *kind)
{
        int r;

        r = kind->scan(d->objects, kind->folder, on_object, d);
        if (r < 0)
                return r;
        r = catalogue_follow(d->catalogue, d->objects);
        return r > 0 ? daemon_bind_rules(d) : r;
}

static int on_events(struct daemon *d, const struct kind *kind, int fd)
{
        int r;

        r = kind->read_events(fd);
        if (r > 0)
                r = follow(d, kind);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "following the %s: %s", kind->name, strerror(-r));
        return 0;
}

static int on_blocks(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        return on_events(userdata, &blocks, fd);
}

static int on_ifaces(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        return on_events(userdata, &ifaces, fd);
}

static void watch(struct daemon *d, const struct kind *kind)
{
        sd_event_source *source;
        int fd, r;

        fd = kind->open_events();
        r = fd < 0 ? fd : sd_event_add_io(d->event, &source, fd, EPOLLIN, kind->on_events, d);
        if (r < 0) {
                if (fd >= 0)
                        (void) close(fd);
                tell_line(&d->teller, LOG_WARNING, "%s that come or go will not be noticed: %s", kind->name,
                          strerror(-r));
        } else {
                (void) sd_event_source_set_io_fd_own(source, true);
                (void) sd_event_source_set_floating(source, true);
                sd_event_source_unref(source);
        }

        /* What came since the start was looked at, and before there were events. */
        r = follow(d, kind);
        if (r < 0 && r != -ENOENT)
                tell_line(&d->teller, LOG_WARNING, "cannot list the %s: %s", kind->name, strerror(-r));
}

static bool has_to_do_with(const struct daemon *d, uint32_t scope)
{
        for (uint32_t i = 0; i < catalogue_n_metrics(d->catalogue); i++) {
                const struct metric *m = catalogue_metric_at(d->catalogue, i);

                if (m->plugin && m->scope == scope)
                        return true;
        }
        for (uint32_t i = 0; i < catalogue_n_knobs(d->catalogue); i++) {
                const struct knob *k = catalogue_knob_at(d->catalogue, i);

                if (k->plugin && k->scope == scope)
                        return true;
        }
        return false;
}

void daemon_poll_devices(struct daemon *d)
{
        int r = has_to_do_with(d, SCOPE_IRQ) ? follow(d, &irqs) : 0;

        if (r < 0 && r != -ENOENT)
                tell_line(&d->teller, LOG_ERR, "following the %s: %s", irqs.name, strerror(-r));
}

int daemon_watch_devices(struct daemon *d)
{
        watch(d, &blocks);
        watch(d, &ifaces);
        daemon_poll_devices(d);
        return 0;
}
