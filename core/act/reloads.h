/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RELOADS_H
#define TRIMTAB_RELOADS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/*
 * When systemd reads its files again (daemon-reload), or itself begins anew (daemon-reexec), it may put cgroups to what it
 * knows. Follows both, and says when the dust has settled.
 */

struct reloads;

/* settled(userdata) comes soon after each reload, and a second time for machines where that takes long. */
int reloads_new(sd_event *event, void (*settled)(void *userdata), void *userdata, struct reloads **ret);
struct reloads *reloads_free(struct reloads *r);

/* The bus to hear it from; NULL: none now. */
int reloads_set_bus(struct reloads *r, sd_bus *bus);

/* From the beginning of a reload until it has settled: what is read meanwhile proves nothing of who wrote it. */
bool reloads_hold(const struct reloads *r);

#endif
