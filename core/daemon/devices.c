/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/devices.h"

#include <errno.h>
#include <string.h>

#include "daemon/rules.h"
#include "daemon/state.h"
#include "sense/blocks.h"

static void on_block(void *userdata, struct oid id, bool came)
{
        struct daemon *d = userdata;

        plugins_object(d->plugins, id, came);
        if (!came)
                store_forget(d->store, id);
}

/* Brings registry, knobs and rules up to date with the devices that there are. */
static int follow(struct daemon *d)
{
        int r;

        r = blocks_scan(d->objects, "/sys/block", on_block, d);
        if (r < 0)
                return r;
        r = catalogue_follow(d->catalogue, d->objects);
        return r > 0 ? daemon_bind_rules(d) : r;
}

static int on_uevents(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct daemon *d = userdata;
        int r;

        r = blocks_read_uevents(fd);
        if (r > 0)
                r = follow(d);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "following the block devices: %s", strerror(-r));
        return 0;
}

int daemon_watch_devices(struct daemon *d)
{
        sd_event_source *source;
        int fd, r;

        fd = blocks_open_uevents();
        r = fd < 0 ? fd : sd_event_add_io(d->event, &source, fd, EPOLLIN, on_uevents, d);
        if (r < 0) {
                if (fd >= 0)
                        (void) close(fd);
                tell_line(&d->teller, LOG_WARNING, "block devices that come or go will not be noticed: %s",
                          strerror(-r));
                return 0;
        }
        (void) sd_event_source_set_io_fd_own(source, true);
        (void) sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);

        /* What came since the start was looked at, and before there were uevents. */
        r = follow(d);
        if (r < 0 && r != -ENOENT)
                tell_line(&d->teller, LOG_WARNING, "cannot list the block devices: %s", strerror(-r));
        return 0;
}
