/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_INODES_H
#define AUDIT_INODES_H

/*
 * Which inodes the watched paths stand for. They are looked up once a tick, so that a file that takes another's place (a rotated log) or
 * comes later (a glob) is found; and one that was found stays watched under whatever name it has then, until room is needed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "load.h"
#include "sections.h"

struct audit_name;  /* a path as it was found, and the inode behind it */
struct audit_known; /* an inode in the kernel's map */

struct audit_inodes {
        struct audit_name *names;  /* uthash by path; owned */
        struct audit_known *known; /* uthash by inode, the longest unseen first; owned */
        uint64_t round;
        uint32_t max;
        bool told_full;
};

/*
 * Looks for all that active watches name, and brings the kernel's map up to date. *ret_changed: it was not. Returns the bits of watches that
 * have a directory among their inodes, or a negative errno.
 */
int64_t audit_inodes_refresh(struct audit_inodes *in, const struct programs *p, const struct audit_watches *ws,
                             const struct trimtab_host *h, bool *ret_changed);

/* Forgets all, in the kernel too. Accepts a zeroed one. */
void audit_inodes_clear(struct audit_inodes *in, const struct programs *p);

#endif
