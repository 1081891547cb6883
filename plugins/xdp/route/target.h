/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TARGET_H
#define XDP_TARGET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"
#include "routes.h"

/* Where a route leads: the container as it is now. */

struct target {
        uint32_t ifindex;     /* the host's end of the pair … */
        char name[IF_NAMESIZE]; /* … and its name */
        uint8_t to[6], from[6]; /* addresses of the container's end and of the host's */
        uint32_t mtu;         /* of the container's end */
        bool takes_frames;    /* what XDP sends to it is taken in: it polls */
};

/*
 * Looks at both ends. fd: a netlink socket of the daemon's own namespace. < 0: there is no way for packets, and the report says why;
 * 0: there is, and the report has what else is amiss, such as that answers would be lost. Writes nothing and changes nothing.
 */
int target_find(const struct route *r, int fd, struct target *ret, struct report *report);

/* What names the namespace: another number is another one; 0: there is none. The same one may be another all the same. */
ino_t target_netns(const struct route *r);

#endif
