/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_MACHINE_H
#define TRIMTAB_MACHINE_H

#include "sense/objects.h"

/* Puts the machine's online CPUs into the registry, from a file in the kernel's list format
 * (/sys/devices/system/cpu/online). Those no longer in it are removed. */
int machine_scan_cpus(struct objects *objects, const char *online);

/* This boot's id, from /proc/sys/kernel/random/boot_id. *ret is the caller's. */
int machine_boot_id(char **ret);

#endif
