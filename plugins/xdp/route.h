/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_ROUTE_H
#define XDP_ROUTE_H

/*
 * What the programs that take packets along a route share with the user side. One table serves all of them: who finds an entry that is
 * another program's leaves the packet to the kernel. Include after the kernel's types.
 */

/* Which program an entry is for. */
#define ROUTE_AT_TC     1u
#define ROUTE_AT_XDP    2u
#define ROUTE_AT_SOCKET 3u

struct route_key {
        __u32 set;        /* of route_control: what is not in force is not found */
        __u32 ifindex;    /* comes in by; 0: of a socket, which does not care */
        __u32 address[4]; /* goes to, as in the packet; IPv4: the first */
        __u16 port;       /* goes to, in the machine's order */
        __u8 protocol, family; /* 4, 6 */
};

struct route_target {
        __u32 at;      /* ROUTE_AT_… */
        __u32 slot;    /* where it is counted; of a socket also where it is */
        __u32 ifindex; /* the host's end of the container's pair */
        __u8 to[6], from[6]; /* addresses of both ends, for who writes the frame's head … */
        __u8 here[6];        /* … and of where it came in: frames for others pass by there too */
        __u16 reserved;
};

struct route_control {
        __u32 set; /* in force */
};

#define ROUTES_MAX        256               /* in force at a time */
#define ROUTE_SLOTS       (2 * ROUTES_MAX)  /* while those before are still there */
#define ROUTE_ENTRIES_MAX 65536
#define ROUTE_KEYS_MAX    1024              /* of one route and interface */
#define ROUTE_DEVICES_MAX 1024              /* containers that XDP has ever had routes to, and that are still there */

/* A listener may have a socket for each transport and family. */
#define ROUTE_SOCKETS (4 * ROUTE_SLOTS)
#define ROUTE_SOCKET_AT(slot, protocol, family) ((slot) * 4 + ((protocol) == 17 ? 2 : 0) + ((family) == 6 ? 1 : 0))

#endif
