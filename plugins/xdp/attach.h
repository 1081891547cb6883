/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_ATTACH_H
#define XDP_ATTACH_H

#include <stddef.h>
#include <stdint.h>

/* A program and an interface. The link is not pinned: it ends with the process, and everything passes. */

enum attachment {
        ATTACH_NONE,
        ATTACH_NATIVE,  /* in the driver */
        ATTACH_GENERIC, /* by the kernel, behind the driver */
        _ATTACH_MAX,
};

/* "none", "native", "generic"; NULL behind them: the choices of the knob. */
extern const char *const attachment_names[_ATTACH_MAX + 1];

/*
 * In that mode or not at all: the kernel would otherwise take the slow one without a word. *ret: the link's fd. < 0: why gets what is in
 * the way, and what would help. -EBUSY: somebody else's program, by name.
 */
int attach(int program_fd, uint32_t ifindex, const char *interface, enum attachment how, int *ret, char *why, size_t size);

/* Which mode the program is really attached in, by its own number. ATTACH_NONE: in none. */
enum attachment attached_as(uint32_t ifindex, int program_fd);

#endif
