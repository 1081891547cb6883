/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SYSTEM_BUS_H
#define TRIMTAB_SYSTEM_BUS_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/*
 * The connection to the system bus: made when it can be, told when it goes, tried again every few seconds.
 */
struct system_bus;

/* changed: with the new connection (valid until the next call), or NULL when it went. Not called when there never was one. */
int system_bus_new(sd_event *event, void (*changed)(void *userdata, sd_bus *bus), void *userdata,
                   struct system_bus **ret);
struct system_bus *system_bus_free(struct system_bus *b);

/* Tries now; -errno and tries again by itself later. */
int system_bus_connect(struct system_bus *b);

#endif
