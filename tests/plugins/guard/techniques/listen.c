/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Not out but in: a port that is offered. The receiver dials, and it is a leak if it gets through. */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"
#include "receiver.h"
#include "ring.h"

static int bind_port(const struct attempt *a, int fd, int family)
{
        const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

        if (fd < 0)
                return fd;
        return result(family == AF_INET ? bind(fd, (const struct sockaddr *) &v4, sizeof(v4))
                                        : bind(fd, (const struct sockaddr *) &v6, sizeof(v6)));
}

static int offer(const struct attempt *a, int fd)
{
        int r = result(listen(fd, 1));

        return r < 0 ? r : receiver_dial(a->receiver, a->port, SOCK_STREAM);
}

static int bind_and_offer(const struct attempt *a, int family, int protocol)
{
        int fd = make_socket(family, SOCK_STREAM, protocol), r = bind_port(a, fd, family);

        return r < 0 ? r : offer(a, fd);
}

static int tcp(struct attempt *a)
{
        return bind_and_offer(a, AF_INET, 0);
}

static int tcp_v6(struct attempt *a)
{
        return bind_and_offer(a, AF_INET6, 0);
}

static int mptcp(struct attempt *a)
{
        return bind_and_offer(a, AF_INET, IPPROTO_MPTCP);
}

/* listen() without bind(): the kernel picks a port. */
static int unbound(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0), r;
        struct sockaddr_in own;
        socklen_t size = sizeof(own);

        if (fd < 0)
                return fd;
        r = result(listen(fd, 1));
        if (r == 0)
                r = result(getsockname(fd, (struct sockaddr *) &own, &size));
        return r < 0 ? r : receiver_dial_at(a->receiver, a->port, ntohs(own.sin_port), SOCK_STREAM);
}

static int make_bound(struct attempt *a)
{
        a->fd = make_socket(AF_INET, SOCK_STREAM, 0);
        return bind_port(a, a->fd, AF_INET);
}

static int make_listening(struct attempt *a)
{
        int r = make_bound(a);

        return r < 0 ? r : result(listen(a->fd, 1));
}

static int offer_inherited(struct attempt *a)
{
        return offer(a, a->fd);
}

/* Somebody else has listened; only to accept is left. */
static int accept_inherited(struct attempt *a)
{
        struct pollfd readable = { .fd = a->fd, .events = POLLIN };
        int r = receiver_dial(a->receiver, a->port, SOCK_STREAM), fd;

        if (r < 0)
                return r;
        if (poll(&readable, 1, 2000) != 1)
                return -ETIMEDOUT;
        fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
        return fd < 0 ? -errno : say_and_close(a, fd, 0, NULL, 0);
}

static int udp(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), r = bind_port(a, fd, AF_INET);
        struct pollfd readable = { .fd = fd, .events = POLLIN };
        char said[NONCE_SIZE] = "";

        if (r == 0)
                r = receiver_dial(a->receiver, a->port, SOCK_DGRAM);
        if (r < 0)
                return r;
        if (poll(&readable, 1, 2000) != 1)
                return -ETIMEDOUT;
        r = result(recv(fd, said, sizeof(said), 0));
        if (r == 0)
                (void) atomic_fetch_or(a->seen, SEEN_REACHED);
        return r;
}

static const struct technique techniques[] = {
        { .name = "listen", .what = "bind, listen", .run = tcp, .shows = SEEN_REACHED, .leaks = SEEN_REACHED, .expected = "LLBLLBBB" },
        { .name = "listen v6", .what = "the same by IPv6", .run = tcp_v6, .shows = SEEN_REACHED, .leaks = SEEN_REACHED,
          .expected = "LLBLLBBB" },
        { .name = "listen mptcp", .what = "the same by MPTCP", .run = mptcp, .shows = SEEN_REACHED, .leaks = SEEN_REACHED,
          .expected = "LLBLLBBB" },
        { .name = "listen unbound", .what = "listen without bind, on whatever port", .run = unbound, .shows = SEEN_REACHED,
          .leaks = SEEN_REACHED, .expected = "LLBLLBBL" },
        { .name = "listen inherited", .what = "bound before the guard, listening under it", .prepare = make_bound,
          .run = offer_inherited, .shows = SEEN_REACHED, .leaks = SEEN_REACHED, .expected = "LLLLLLBL" },
        { .name = "accept inherited", .what = "listening before the guard, accept and answer under it", .prepare = make_listening,
          .run = accept_inherited, .shows = SEEN_REACHED | SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLLLL" },
        { .name = "udp bind", .what = "bind, receive", .run = udp, .shows = SEEN_REACHED, .leaks = SEEN_REACHED,
          .expected = "LLBLLBLB" },
};

const struct family listen_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
