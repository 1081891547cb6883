/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BLOCKS_H
#define TRIMTAB_BLOCKS_H

#include "sense/roll.h"

/*
 * Keeps the registry's block devices like those of the machine: whole disks with a driver below them, and
 * what is stacked on such (dm, md). No partitions, no loop or RAM devices, none without a medium. The key is
 * the dev_t, the name that of its folder, the path the folder itself.
 */

/* Looks at sys_block ("/sys/block") and brings the registry up to date. -ENOENT: there is no such folder. */
int blocks_scan(struct objects *objects, const char *sys_block, object_changed changed, void *userdata);

/* A socket that becomes readable when the kernel tells of devices; the caller's. -EPERM and the like: it
 * cannot be had. */
int blocks_open_uevents(void);
/* Reads all that has come. 1: something about block devices, or told too fast to follow: scan; 0: nothing of
 * interest. */
int blocks_read_uevents(int fd);

#endif
