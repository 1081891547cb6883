/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * To an address that a policy allows, by way of one that it does not: what a system call names is the end of the journey. And to
 * addresses that are nobody's.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <linux/seg6.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"

/* Loose source and record route, by the far end. Padded to whole words. */
#define ROUTE_SIZE 8

static void make_route(uint8_t *ret)
{
        struct in_addr far;

        (void) inet_pton(AF_INET, ends.v4, &far);
        (void) memcpy(ret, (uint8_t[]){ IPOPT_LSRR, 7, IPOPT_MINOFF, 0, 0, 0, 0, IPOPT_EOL }, ROUTE_SIZE);
        (void) memcpy(ret + 3, &far, sizeof(far));
}

static struct sockaddr_in loopback(const struct attempt *a)
{
        return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(a->port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int routed_socket(int type)
{
        int fd = make_socket(AF_INET, type, 0);
        uint8_t route[ROUTE_SIZE];

        if (fd < 0)
                return fd;
        make_route(route);
        if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) == 0)
                return fd;
        (void) close(fd);
        return -EOPNOTSUPP;
}

static int udp_route(struct attempt *a)
{
        struct sockaddr_storage to = {};
        const struct sockaddr_in end = loopback(a);
        int fd = routed_socket(SOCK_DGRAM);

        (void) memcpy(&to, &end, sizeof(end));
        return fd < 0 ? fd : say_and_close(a, fd, 0, &to, sizeof(end));
}

/* The SYN is sent; nobody answers to it. */
static int tcp_route(struct attempt *a)
{
        const struct sockaddr_in end = loopback(a);
        int fd = routed_socket(SOCK_STREAM), r;

        if (fd < 0)
                return fd;
        (void) fcntl(fd, F_SETFL, O_NONBLOCK);
        r = result(connect(fd, (const struct sockaddr *) &end, sizeof(end)));
        (void) close(fd);
        return r == -EINPROGRESS ? 0 : r;
}

/* The route comes with the datagram, and the socket knows of none. */
static int message_route(struct attempt *a)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(ROUTE_SIZE)];
        } control = { .head = { .cmsg_len = CMSG_LEN(ROUTE_SIZE), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_RETOPTS } };
        struct sockaddr_in end = loopback(a);
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        const struct msghdr message = { .msg_name = &end, .msg_namelen = sizeof(end), .msg_iov = &data, .msg_iovlen = 1,
                                        .msg_control = &control, .msg_controllen = sizeof(control) };
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), r;

        if (fd < 0)
                return fd;
        make_route(CMSG_DATA(&control.head));
        r = result(sendmsg(fd, &message, 0));
        (void) close(fd);
        return r;
}

/* The same of IPv6: segment routing. The kernel puts the end into segment 0. */
static int segments(struct attempt *a)
{
        struct {
                struct ipv6_sr_hdr head;
                struct in6_addr segments[2];
        } route = { .head = { .hdrlen = 4, .type = 4, .segments_left = 1, .first_segment = 1 } };
        const struct sockaddr_in6 end = { .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        struct sockaddr_storage to = {};
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0);

        if (fd < 0)
                return fd;
        (void) inet_pton(AF_INET6, ends.v6, &route.segments[1]);
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &route, sizeof(route)) < 0) {
                (void) close(fd);
                return -EOPNOTSUPP;
        }
        (void) memcpy(&to, &end, sizeof(end));
        return say_and_close(a, fd, 0, &to, sizeof(end));
}

static int to_all(struct attempt *a, const char *address, int level, int option, const void *value, socklen_t size)
{
        struct sockaddr_in all = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        struct sockaddr_storage to = {};
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

        if (fd < 0)
                return fd;
        (void) setsockopt(fd, level, option, value, size);
        (void) inet_pton(AF_INET, address, &all.sin_addr);
        (void) memcpy(&to, &all, sizeof(all));
        return say_and_close(a, fd, 0, &to, sizeof(all));
}

static int broadcast(struct attempt *a)
{
        const int on = 1;

        return to_all(a, "10.77.0.255", SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
}

static int multicast(struct attempt *a)
{
        const struct ip_mreqn by = { .imr_ifindex = (int) ends.near_index };

        return to_all(a, "239.77.0.1", IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by));
}

static const struct technique techniques[] = {
        { .name = "udp source route", .what = "IP_OPTIONS: to loopback by way of the far end", .run = udp_route, .shows = SEEN_SAID,
          .expected = "LLBLLB" },
        { .name = "udp source route, message", .what = "the same by IP_RETOPTS with the datagram", .run = message_route,
          .shows = SEEN_SAID, .expected = "LLBLLB" },
        { .name = "tcp source route", .what = "a SYN to loopback by way of the far end", .run = tcp_route, .shows = SEEN_FRAME,
          .expected = "LLBLLB" },
        { .name = "udp segment route", .what = "IPV6_RTHDR: to loopback by way of the far end", .run = segments, .shows = SEEN_SAID,
          .expected = "LLBLLB" },
        { .name = "udp broadcast", .what = "to all of the network", .run = broadcast, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp multicast", .what = "to a group", .run = multicast, .shows = SEEN_SAID, .expected = "LBBLBB" },
};

const struct family route_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
