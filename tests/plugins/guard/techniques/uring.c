/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* System calls that no system call makes: what filters system calls does not see these. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"
#include "ring.h"

static uint64_t address_of(const void *p)
{
        return (uint64_t) (uintptr_t) p;
}

static int connect_by_ring(struct attempt *a, int fd, uint8_t flags, uint32_t setup)
{
        struct sockaddr_storage far;
        const struct io_uring_sqe request = {
                .opcode = IORING_OP_CONNECT,
                .flags = flags,
                .fd = fd,
                .addr = address_of(&far),
                .off = far_address(a, 4, &far),
        };
        int r;

        if (fd < 0)
                return fd;
        r = ring_do(&request, setup);
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        return say_and_close(a, fd, 0, NULL, 0);
}

static int uring_connect(struct attempt *a)
{
        return connect_by_ring(a, make_socket(AF_INET, SOCK_STREAM, 0), 0, 0);
}

static int uring_connect_worker(struct attempt *a)
{
        return connect_by_ring(a, make_socket(AF_INET, SOCK_STREAM, 0), IOSQE_ASYNC, 0);
}

static int uring_connect_polled(struct attempt *a)
{
        return connect_by_ring(a, make_socket(AF_INET, SOCK_STREAM, 0), 0, IORING_SETUP_SQPOLL);
}

static int uring_connect_mptcp(struct attempt *a)
{
        return connect_by_ring(a, make_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), 0, 0);
}

static int uring_socket(struct attempt *a)
{
        const struct io_uring_sqe request = { .opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM };

        return connect_by_ring(a, ring_do(&request, 0), 0, 0);
}

static int message_by_ring(struct attempt *a, int type, uint32_t message_flags)
{
        int fd = make_socket(AF_INET, type, 0), r;
        struct sockaddr_storage far;
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_name = &far };
        const struct io_uring_sqe request = {
                .opcode = IORING_OP_SENDMSG,
                .fd = fd,
                .addr = address_of(&message),
                .len = 1,
                .msg_flags = message_flags | MSG_NOSIGNAL,
        };

        if (fd < 0)
                return fd;
        message.msg_namelen = far_address(a, 4, &far);
        r = ring_do(&request, 0);
        (void) close(fd);
        return r < 0 ? r : 0;
}

static int uring_sendmsg(struct attempt *a)
{
        return message_by_ring(a, SOCK_DGRAM, 0);
}

static int uring_fast_open(struct attempt *a)
{
        return message_by_ring(a, SOCK_STREAM, MSG_FASTOPEN);
}

static int send_by_ring(struct attempt *a, uint8_t opcode)
{
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), r;
        struct sockaddr_storage far;
        const struct io_uring_sqe request = {
                .opcode = opcode,
                .fd = fd,
                .addr = address_of(a->nonce),
                .len = (uint32_t) strlen(a->nonce),
                .addr2 = address_of(&far),
                .addr_len = (uint16_t) far_address(a, 4, &far),
        };

        if (fd < 0)
                return fd;
        r = ring_do(&request, 0);
        (void) close(fd);
        return r < 0 ? r : 0;
}

static int uring_sendto(struct attempt *a)
{
        return send_by_ring(a, IORING_OP_SEND);
}

static int uring_send_zc(struct attempt *a)
{
        return send_by_ring(a, IORING_OP_SEND_ZC);
}

static const struct technique techniques[] = {
        { .name = "io_uring connect", .what = "IORING_OP_CONNECT", .run = uring_connect, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "io_uring connect, worker", .what = "the same, in a thread of the kernel's", .run = uring_connect_worker,
          .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "io_uring connect, polled", .what = "the same, by a ring that the kernel polls", .run = uring_connect_polled,
          .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "io_uring connect mptcp", .what = "IORING_OP_CONNECT of MPTCP", .run = uring_connect_mptcp,
          .shows = SEEN_SAID | SEEN_MPTCP, .expected = "BBBBBB" },
        { .name = "io_uring socket", .what = "IORING_OP_SOCKET, then IORING_OP_CONNECT", .run = uring_socket, .shows = SEEN_SAID,
          .expected = "BBBBBB" },
        { .name = "io_uring sendmsg", .what = "IORING_OP_SENDMSG of UDP with an address", .run = uring_sendmsg, .shows = SEEN_SAID,
          .expected = "LBBLBB" },
        { .name = "io_uring sendto", .what = "IORING_OP_SEND of UDP with an address", .run = uring_sendto, .shows = SEEN_SAID,
          .optional = true, .expected = "LBBLBB" },
        { .name = "io_uring send_zc", .what = "IORING_OP_SEND_ZC of UDP with an address", .run = uring_send_zc, .shows = SEEN_SAID,
          .expected = "LBBLBB" },
        { .name = "io_uring fast open", .what = "IORING_OP_SENDMSG with MSG_FASTOPEN", .run = uring_fast_open,
          .shows = SEEN_SAID | SEEN_IN_SYN, .expected = "LBBBBB" },
};

const struct family uring_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
