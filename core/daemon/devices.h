/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_DEVICES_H
#define TRIMTAB_DAEMON_DEVICES_H

struct daemon;

/* Follows the machine's block devices and network interfaces: their knobs and the rules that wait for them come and go with them. */
int daemon_watch_devices(struct daemon *d);
/* Looks for interrupts that came or went, which the kernel does not tell, if a plugin has to do with them. */
void daemon_poll_devices(struct daemon *d);

#endif
