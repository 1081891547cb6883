/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_IFACES_H
#define TRIMTAB_IFACES_H

#include "sense/roll.h"

/*
 * Keeps the registry's network interfaces like those of this network namespace, the loopback included. The key is the
 * ifindex, the path the folder in sys_net ("/sys/class/net").
 */

/* Brings the registry up to date. -errno: the kernel did not say which there are, and nothing was changed. */
int ifaces_scan(struct objects *objects, const char *sys_net, object_changed changed, void *userdata);

/* A socket that becomes readable when the kernel tells of links; the caller's. */
int ifaces_open_events(void);
/* Reads all that has come. 1: something about links, or told too fast to follow: scan; 0: nothing of interest. */
int ifaces_read_events(int fd);

#endif
