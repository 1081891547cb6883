/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_DEVICES_H
#define TRIMTAB_DAEMON_DEVICES_H

struct daemon;

/* Follows the machine's block devices and network interfaces: their knobs and the rules that wait for them come and go with them. */
int daemon_watch_devices(struct daemon *d);

#endif
