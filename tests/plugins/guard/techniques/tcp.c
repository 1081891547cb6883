/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams: TCP in its ways to begin, MPTCP, SCTP and DCCP. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/sctp.h>
#include <unistd.h>

#include "families.h"

static int stream(const struct attempt *a, int version, int protocol)
{
        int fd = make_socket(version == 4 ? AF_INET : AF_INET6, SOCK_STREAM, protocol);

        return fd < 0 ? fd : connect_and_say(a, fd, version);
}

static int tcp_blocking(struct attempt *a)
{
        return stream(a, 4, 0);
}

static int tcp_v6(struct attempt *a)
{
        return stream(a, 6, 0);
}

static int tcp_mapped(struct attempt *a)
{
        return stream(a, 46, 0);
}

static int mptcp(struct attempt *a)
{
        return stream(a, 4, IPPROTO_MPTCP);
}

static int mptcp_v6(struct attempt *a)
{
        return stream(a, 6, IPPROTO_MPTCP);
}

static int mptcp_mapped(struct attempt *a)
{
        return stream(a, 46, IPPROTO_MPTCP);
}

static int tcp_nonblocking(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0), error = 0;
        struct pollfd writable = { .fd = fd, .events = POLLOUT };
        socklen_t size = sizeof(error);
        struct sockaddr_storage to;
        socklen_t length = far_address(a, 4, &to);

        if (fd < 0)
                return fd;
        (void) fcntl(fd, F_SETFL, O_NONBLOCK);
        if (connect(fd, (const struct sockaddr *) &to, length) < 0 && errno != EINPROGRESS) {
                error = errno;
                (void) close(fd);
                return -error;
        }
        (void) poll(&writable, 1, 5000);
        (void) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
                (void) close(fd);
                return -error;
        }
        return say_and_close(a, fd, 0, NULL, 0);
}

/* What dissolves an association, on a socket that has none. */
static int tcp_unspec_first(struct attempt *a)
{
        const struct sockaddr none = { .sa_family = AF_UNSPEC };
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0)
                return fd;
        (void) connect(fd, &none, sizeof(none));
        return connect_and_say(a, fd, 4);
}

/* To itself first, which a policy may well allow; then the same socket elsewhere. */
static int tcp_second_connect(struct attempt *a)
{
        const struct sockaddr none = { .sa_family = AF_UNSPEC };
        const struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_port = htons(1),
                                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0)
                return fd;
        (void) connect(fd, (const struct sockaddr *) &loopback, sizeof(loopback));
        (void) connect(fd, &none, sizeof(none));
        return connect_and_say(a, fd, 4);
}

static int fast_open(const struct attempt *a, int version, int protocol)
{
        int fd = make_socket(version == 4 ? AF_INET : AF_INET6, SOCK_STREAM, protocol);
        struct sockaddr_storage to;
        socklen_t length = far_address(a, version, &to);

        return fd < 0 ? fd : say_and_close(a, fd, MSG_FASTOPEN, &to, length);
}

static int tfo_sendto(struct attempt *a)
{
        return fast_open(a, 4, 0);
}

static int tfo_v6(struct attempt *a)
{
        return fast_open(a, 6, 0);
}

static int tfo_mapped(struct attempt *a)
{
        return fast_open(a, 46, 0);
}

static int tfo_mptcp(struct attempt *a)
{
        return fast_open(a, 4, IPPROTO_MPTCP);
}

static int tfo_sendmsg(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0), r;
        struct sockaddr_storage to;
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_name = &to };

        if (fd < 0)
                return fd;
        message.msg_namelen = far_address(a, 4, &to);
        r = result(sendmsg(fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL));
        (void) close(fd);
        return r;
}

/* connect() sends nothing, the first write does. */
static int tfo_connect(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);
        const int on = 1;

        if (fd < 0)
                return fd;
        if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)) < 0) {
                (void) close(fd);
                return -ENOPROTOOPT;
        }
        return connect_and_say(a, fd, 4);
}

static int sctp(struct attempt *a)
{
        return stream(a, 4, IPPROTO_SCTP);
}

/* An association made by the sending alone. */
static int sctp_sendto(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
        struct sockaddr_storage to;
        socklen_t length = far_address(a, 4, &to);

        return fd < 0 ? fd : say_and_close(a, fd, MSG_DONTWAIT, &to, length);
}

/* As sctp_connectx() does it: the option is the call. */
static int sctp_connectx(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP), r;
        struct sockaddr_storage to;
        socklen_t length = far_address(a, 4, &to);

        if (fd < 0)
                return fd;
        (void) fcntl(fd, F_SETFL, O_NONBLOCK);
        r = result(setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX, &to, length));
        (void) close(fd);
        return r == -EINPROGRESS ? 0 : r;
}

static int dccp(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_DCCP, IPPROTO_DCCP);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static const struct technique techniques[] = {
        { .name = "tcp", .what = "socket, connect, send", .run = tcp_blocking, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "tcp non-blocking", .what = "connect that is under way when it returns", .run = tcp_nonblocking, .shows = SEEN_SAID,
          .expected = "BBBBBB" },
        { .name = "tcp v6", .what = "the same by IPv6", .run = tcp_v6, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "tcp ::ffff:", .what = "IPv4 by a socket of IPv6", .run = tcp_mapped, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "tcp AF_UNSPEC first", .what = "connect to nothing, then out", .run = tcp_unspec_first, .shows = SEEN_SAID,
          .expected = "BBBBBB" },
        { .name = "tcp second connect", .what = "loopback, AF_UNSPEC, then out on the same socket", .run = tcp_second_connect,
          .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "mptcp", .what = "IPPROTO_MPTCP", .run = mptcp, .shows = SEEN_SAID | SEEN_MPTCP, .expected = "BBBBBB" },
        { .name = "mptcp v6", .what = "the same by IPv6", .run = mptcp_v6, .shows = SEEN_SAID | SEEN_MPTCP, .expected = "BBBBBB" },
        { .name = "mptcp ::ffff:", .what = "IPv4 by a socket of IPv6", .run = mptcp_mapped, .shows = SEEN_SAID | SEEN_MPTCP,
          .expected = "BBBBBB" },
        { .name = "fast open sendto", .what = "MSG_FASTOPEN: the data is in the SYN, there is no connect", .run = tfo_sendto,
          .shows = SEEN_SAID | SEEN_IN_SYN, .expected = "LBBBBB" },
        { .name = "fast open sendmsg", .what = "the same by sendmsg", .run = tfo_sendmsg, .shows = SEEN_SAID | SEEN_IN_SYN,
          .expected = "LBBBBB" },
        { .name = "fast open v6", .what = "the same by IPv6", .run = tfo_v6, .shows = SEEN_SAID | SEEN_IN_SYN, .expected = "LBBBBB" },
        { .name = "fast open ::ffff:", .what = "the same, IPv4 by a socket of IPv6", .run = tfo_mapped,
          .shows = SEEN_SAID | SEEN_IN_SYN, .expected = "LBBBBB" },
        { .name = "fast open mptcp", .what = "MSG_FASTOPEN on MPTCP", .run = tfo_mptcp, .shows = SEEN_SAID | SEEN_MPTCP,
          .optional = true, .expected = "LBBBBB" },
        { .name = "fast open connect", .what = "TCP_FASTOPEN_CONNECT: connect sends nothing, the first write does", .run = tfo_connect,
          .shows = SEEN_SAID | SEEN_IN_SYN, .expected = "BBBBBB" },
        { .name = "sctp", .what = "SCTP, one to one", .run = sctp, .shows = SEEN_FRAME, .optional = true, .expected = "BBBLLB" },
        { .name = "sctp sendto", .what = "SCTP, one to many: no connect", .run = sctp_sendto, .shows = SEEN_FRAME, .optional = true,
          .expected = "LBBLLB" },
        { .name = "sctp connectx", .what = "SCTP, connected by setsockopt, for which several addresses at once are the reason",
          .run = sctp_connectx, .shows = SEEN_FRAME, .optional = true, .expected = "LLBLLB" },
        { .name = "dccp", .what = "DCCP", .run = dccp, .shows = SEEN_FRAME, .optional = true, .expected = "BBBLLB" },
};

const struct family tcp_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
