/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_PINS_H
#define GUARD_PINS_H

/* What on-exit = keep has left below a folder of the BPF file system, a folder for each daemon. Also for the command, with no plugin loaded. */

#include <stdbool.h>
#include <stdint.h>

#define PINS_CONTROL "control"
#define PINS_ALL UINT64_MAX /* in place of a time */

/* The folder's links and itself, and nothing else that may be there. Not `ours`: they are switched off first. Whether it is gone. */
bool pins_remove_folder(const char *path, bool ours);

/*
 * All folders below dir whose daemons were loaded before that (CLOCK_BOOTTIME): how many went; *ret_left (may be NULL): how many did not. Those of a
 * daemon that came later are its own affair: each would take away the other's.
 */
int pins_remove(const char *dir, uint64_t before_ns, int *ret_left);
/* Whether the folder, or what is there of the way to it, is in a BPF file system. */
bool pins_are_possible(const char *dir);
/* How many there are; 0 also if it cannot be seen. */
int pins_count(const char *dir, uint64_t before_ns);
/* The mode of what is pinned there, enum guard_mode, the strictest of all; -ENOENT: nothing is; -EACCES, -EPERM: it takes root. */
int pins_mode(const char *dir);

#endif
