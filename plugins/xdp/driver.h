/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_DRIVER_H
#define XDP_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a driver is like, as far as it matters to XDP. */

/* Why it refused to attach with that error, as far as it can be seen from outside, and what would help. */
void driver_explain(const char *interface, bool native, int error, char *why, size_t size);

/* Whether it takes VLAN tags off what comes in before a program sees it. */
bool driver_strips_tags(const char *interface);

/* Receive queues, at least 1. path: the interface's directory in sysfs. */
uint32_t driver_queues(const char *path);

#endif
