/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Datagrams. */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"
#include "network.h"

static int udp_connect(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int to(const struct attempt *a, int version, int protocol)
{
        int fd = make_socket(version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, protocol);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, version, &far);

        return fd < 0 ? fd : say_and_close(a, fd, 0, &far, length);
}

static int udp_sendto(struct attempt *a)
{
        return to(a, 4, 0);
}

static int udp_v6(struct attempt *a)
{
        return to(a, 6, 0);
}

static int udp_mapped(struct attempt *a)
{
        return to(a, 46, 0);
}

static int udplite(struct attempt *a)
{
        return to(a, 4, IPPROTO_UDPLITE);
}

/* An address of no family, which for IPv4 is as good as one. */
static int udp_unspec_address(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        far.ss_family = AF_UNSPEC;
        return fd < 0 ? fd : say_and_close(a, fd, 0, &far, length);
}

/* An address of IPv4, not mapped, by a socket of IPv6. */
static int udp_other_family(struct attempt *a)
{
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        return fd < 0 ? fd : say_and_close(a, fd, 0, &far, length);
}

static int by_message(struct attempt *a, bool many)
{
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), r;
        struct sockaddr_storage far;
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        struct mmsghdr messages[2] = {
                { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1, .msg_name = &far } },
                { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1, .msg_name = &far } },
        };

        if (fd < 0)
                return fd;
        messages[0].msg_hdr.msg_namelen = messages[1].msg_hdr.msg_namelen = far_address(a, 4, &far);
        r = result(many ? sendmmsg(fd, messages, 2, 0) : sendmsg(fd, &messages[0].msg_hdr, 0));
        (void) close(fd);
        return r;
}

static int udp_sendmsg(struct attempt *a)
{
        return by_message(a, false);
}

static int udp_sendmmsg(struct attempt *a)
{
        return by_message(a, true);
}

static int udp_unspec_first(struct attempt *a)
{
        const struct sockaddr none = { .sa_family = AF_UNSPEC };
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

        if (fd < 0)
                return fd;
        (void) connect(fd, &none, sizeof(none));
        return connect_and_say(a, fd, 4);
}

/* Connected to its own address, which a policy may well allow; sent elsewhere all the same. */
static int udp_connected_elsewhere(struct attempt *a)
{
        struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(9) };
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        if (fd < 0)
                return fd;
        (void) inet_pton(AF_INET, NETWORK_NEAR_V4, &own.sin_addr);
        (void) connect(fd, (const struct sockaddr *) &own, sizeof(own));
        return say_and_close(a, fd, 0, &far, length);
}

static int udp_second_connect(struct attempt *a)
{
        struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(9) };
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

        if (fd < 0)
                return fd;
        (void) inet_pton(AF_INET, NETWORK_NEAR_V4, &own.sin_addr);
        (void) connect(fd, (const struct sockaddr *) &own, sizeof(own));
        return connect_and_say(a, fd, 4);
}

static const struct technique techniques[] = {
        { .name = "udp connect", .what = "connect, send", .run = udp_connect, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "udp AF_UNSPEC first", .what = "connect to nothing, then out", .run = udp_unspec_first, .shows = SEEN_SAID,
          .expected = "BBBBBB" },
        { .name = "udp second connect", .what = "to an address of its own, then out on the same socket", .run = udp_second_connect,
          .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "udp AF_UNSPEC address", .what = "sendto an address without a family", .run = udp_unspec_address,
          .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp other family", .what = "sendto an address of IPv4 by a socket of IPv6", .run = udp_other_family,
          .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp sendto", .what = "sendto without connect", .run = udp_sendto, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp sendmsg", .what = "sendmsg with an address", .run = udp_sendmsg, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp sendmmsg", .what = "several by one call", .run = udp_sendmmsg, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp v6", .what = "sendto by IPv6", .run = udp_v6, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp ::ffff:", .what = "sendto, IPv4 by a socket of IPv6", .run = udp_mapped, .shows = SEEN_SAID,
          .expected = "LBBLBB" },
        { .name = "udp connected elsewhere", .what = "connected to an address of its own, sendto to the outside", .run = udp_connected_elsewhere,
          .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udplite sendto", .what = "IPPROTO_UDPLITE", .run = udplite, .shows = SEEN_SAID, .optional = true,
          .expected = "LBBLBB" },
};

const struct family udp_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
