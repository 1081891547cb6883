/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_NETLINK_H
#define XDP_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the kernel says of the links and routes of a network namespace: the one that the caller was in when it opened the socket.
 * -errno throughout; nothing blocks, as the kernel answers before send returns.
 */

struct link {
        uint32_t ifindex;
        char name[IF_NAMESIZE];
        char kind[16];         /* "veth"; "": no kind of software device */
        uint32_t flags;        /* IFF_… */
        uint32_t mtu;
        uint16_t type;         /* ARPHRD_… */
        uint8_t address[6];
        uint32_t peer;         /* ifindex of the other end, in … */
        int32_t peer_netns;    /* … the namespace of that number; -1: in the same one */
        bool xdp;              /* has a program */
};

/* protocol: NETLINK_ROUTE, …; groups: RTMGRP_…, of which messages are then readable; 0: for questions. */
int netlink_open(int protocol, uint32_t groups);

struct nlmsghdr;
/* Asks, and calls for each message of the answer. */
int netlink_ask(int fd, const struct nlmsghdr *question, void (*call)(void *userdata, const struct nlmsghdr *m), void *userdata);

/* By its name, or by its number where name is NULL. -ENODEV. */
int netlink_link(int fd, const char *name, uint32_t ifindex, struct link *ret);

/* The number that a namespace has in the socket's; -1: none. */
int netlink_number_of(int fd, int netns_fd, int32_t *ret);

/* How an address is reached: RTN_…, and by which device. -ENETUNREACH: not at all. */
int netlink_route(int fd, uint8_t family, const uint8_t *address, uint8_t *ret_type, uint32_t *ret_ifindex);

/* The device of a default route of that family (4, 6), 0: there is none. */
int netlink_default(int fd, uint8_t family, uint32_t *ret_ifindex);

/* Takes in all messages of a socket with groups: calls for each link that changed, came or went. */
int netlink_read_links(int fd, void (*call)(void *userdata, uint32_t ifindex), void *userdata);

#endif
