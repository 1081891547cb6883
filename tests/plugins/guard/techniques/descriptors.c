/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sockets that somebody else has made, before the guard or outside of it. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "families.h"
#include "ring.h"

/* Made, and connected if so wanted. */
static int open_socket(const struct attempt *a, int family, int type, bool connected)
{
        int fd = make_socket(family, type, type == SOCK_RAW ? RAW_PROTOCOL : 0);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        if (fd < 0 || !connected || connect(fd, (const struct sockaddr *) &far, length) == 0)
                return fd;
        (void) close(fd);
        return -errno;
}

static int keep(struct attempt *a, int fd)
{
        a->fd = fd;
        return fd < 0 ? fd : 0;
}

static int make_tcp(struct attempt *a)
{
        return keep(a, open_socket(a, AF_INET, SOCK_STREAM, false));
}

static int make_connected_tcp(struct attempt *a)
{
        return keep(a, open_socket(a, AF_INET, SOCK_STREAM, true));
}

static int make_udp(struct attempt *a)
{
        return keep(a, open_socket(a, AF_INET, SOCK_DGRAM, false));
}

static int make_connected_udp(struct attempt *a)
{
        return keep(a, open_socket(a, AF_INET, SOCK_DGRAM, true));
}

static int make_raw(struct attempt *a)
{
        return keep(a, open_socket(a, AF_INET, SOCK_RAW, false));
}

static int pass(int way, int fd)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(int))];
        } control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
        struct iovec byte = { .iov_base = &(char){ 0 }, .iov_len = 1 };
        const struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control,
                                        .msg_controllen = sizeof(control) };

        (void) memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
        return result(sendmsg(way, &message, 0));
}

static int take(int way)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {};
        char c;
        struct iovec byte = { .iov_base = &c, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
        int fd;

        if (recvmsg(way, &message, MSG_CMSG_CLOEXEC) < 0)
                return -errno;
        if (control.head.cmsg_type != SCM_RIGHTS)
                return -EBADMSG;
        (void) memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
        return fd;
}

/* A process that stays unguarded, makes the socket when it is asked to, passes it and waits to be ended. */
static int helper(struct attempt *a, int type, bool connected)
{
        int way[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way) < 0)
                return -errno;
        a->helper_pid = fork();
        if (a->helper_pid < 0)
                return -errno;
        if (a->helper_pid == 0) {
                char asked;

                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void) close(way[0]);
                if (read(way[1], &asked, 1) == 1 && pass(way[1], open_socket(a, AF_INET, type, connected)) == 0)
                        (void) pause();
                _exit(1);
        }
        (void) close(way[1]);
        a->helper = way[0];
        return 0;
}

static int helper_tcp(struct attempt *a)
{
        return helper(a, SOCK_STREAM, false);
}

static int helper_connected_tcp(struct attempt *a)
{
        return helper(a, SOCK_STREAM, true);
}

static int helper_udp(struct attempt *a)
{
        return helper(a, SOCK_DGRAM, false);
}

static int passed(struct attempt *a)
{
        if (write(a->helper, "", 1) != 1)
                return -errno;
        return take(a->helper);
}

static int say_inherited(struct attempt *a)
{
        return say_and_close(a, a->fd, 0, NULL, 0);
}

static int connect_inherited(struct attempt *a)
{
        return connect_and_say(a, a->fd, 4);
}

static int send_to(const struct attempt *a, int fd, bool port)
{
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        if (!port)
                ((struct sockaddr_in *) &far)->sin_port = 0;
        return say_and_close(a, fd, 0, &far, length);
}

static int send_inherited(struct attempt *a)
{
        return send_to(a, a->fd, true);
}

static int send_inherited_raw(struct attempt *a)
{
        return send_to(a, a->fd, false);
}

static int say_passed(struct attempt *a)
{
        int fd = passed(a);

        return fd < 0 ? fd : say_and_close(a, fd, 0, NULL, 0);
}

static int connect_passed(struct attempt *a)
{
        int fd = passed(a);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int send_passed(struct attempt *a)
{
        int fd = passed(a);

        return fd < 0 ? fd : send_to(a, fd, true);
}

/* prepare() has had the helper make it, so that this process has a copy already; the taken one is what is used. */
static int helper_keeps_connected(struct attempt *a)
{
        int r = helper_connected_tcp(a);

        return r < 0 ? r : keep(a, passed(a));
}

static int helper_keeps(struct attempt *a)
{
        int r = helper_tcp(a);

        return r < 0 ? r : keep(a, passed(a));
}

/* Out of the helper's table. Its numbers there are looked through, for a socket that this one has by another number. */
static int steal(struct attempt *a)
{
        int process = (int) syscall(SYS_pidfd_open, a->helper_pid, 0), fd = -EBADF;

        if (process < 0)
                return -errno;
        for (int number = 3; number < 64; number++) {
                int copy = (int) syscall(SYS_pidfd_getfd, process, number, 0);

                if (copy < 0 && errno != EBADF)
                        fd = -errno;
                if (copy < 0)
                        continue;
                if (syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, copy, a->fd) == 0) {
                        fd = copy;
                        break;
                }
                (void) close(copy);
        }
        (void) close(process);
        (void) close(a->fd);
        return fd;
}

static int say_stolen(struct attempt *a)
{
        int fd = steal(a);

        return fd < 0 ? fd : say_and_close(a, fd, 0, NULL, 0);
}

static int connect_stolen(struct attempt *a)
{
        int fd = steal(a);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

/* The nonce as a file, and out of that into the socket: no call that sends. */
static int nonce_file(const struct attempt *a)
{
        int fd = (int) syscall(SYS_memfd_create, "nonce", 1u /* MFD_CLOEXEC */);

        if (fd >= 0 && write(fd, a->nonce, strlen(a->nonce)) < 0)
                return -errno;
        return fd < 0 ? -errno : fd;
}

static int sendfile_inherited(struct attempt *a)
{
        int file = nonce_file(a);
        off_t from = 0;

        return file < 0 ? file : result(sendfile(a->fd, file, &from, strlen(a->nonce)));
}

static int splice_inherited(struct attempt *a)
{
        int file = nonce_file(a), ends_of_pipe[2];
        loff_t from = 0;

        if (file < 0)
                return file;
        if (pipe2(ends_of_pipe, O_CLOEXEC) < 0 || splice(file, &from, ends_of_pipe[1], NULL, strlen(a->nonce), 0) < 0)
                return -errno;
        return result(splice(ends_of_pipe[0], NULL, a->fd, NULL, strlen(a->nonce), 0));
}

/* --- a ring whose requests a thread of the helper's carries out, with the helper's table and memory --- */

/* The same memory in both: the addresses that the requests name are looked up in the helper's. */
static struct {
        struct io_uring_params ring;
        struct sockaddr_storage far;
        socklen_t length;
        int socket, fd;
} *polled;

/* From 6.7 on a ring is not passed by a socket. */
static int take_ring(pid_t from)
{
        int process = (int) syscall(SYS_pidfd_open, from, 0);
        int fd = (int) syscall(SYS_pidfd_getfd, process, polled->fd, 0);

        if (fd < 0)
                fd = polled->fd < 0 ? polled->fd : -errno;
        (void) close(process);
        return fd;
}

static int helper_ring(struct attempt *a)
{
        int way[2];
        char ready;

        polled = mmap(NULL, sizeof(*polled), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (polled == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way) < 0)
                return -errno;
        polled->length = far_address(a, 4, &polled->far);
        a->helper_pid = fork();
        if (a->helper_pid < 0)
                return -errno;
        if (a->helper_pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                polled->socket = make_socket(AF_INET, SOCK_STREAM, 0);
                polled->fd = ring_open(IORING_SETUP_SQPOLL, &polled->ring);
                (void) write(way[1], "", 1);
                (void) pause();
                _exit(1);
        }
        if (read(way[0], &ready, 1) != 1)
                return -ECHILD;
        return keep(a, take_ring(a->helper_pid));
}

static int by_helper_ring(struct attempt *a)
{
        const struct io_uring_sqe requests[] = {
                { .opcode = IORING_OP_CONNECT, .fd = polled->socket, .addr = (uint64_t) (uintptr_t) &polled->far, .off = polled->length },
                { .opcode = IORING_OP_SEND, .fd = polled->socket, .addr = (uint64_t) (uintptr_t) a->nonce,
                  .len = (uint32_t) strlen(a->nonce) },
        };
        int r = 0;

        for (int i = 0; i < 2 && r >= 0; i++)
                r = ring_submit(a->fd, &polled->ring, &requests[i]);
        return r < 0 ? r : 0;
}

static const struct technique techniques[] = {
        { .name = "inherited tcp", .what = "made before the guard, connected under it", .prepare = make_tcp,
          .run = connect_inherited, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "inherited tcp, connected", .what = "connected before the guard, written to under it", .prepare = make_connected_tcp,
          .run = say_inherited, .shows = SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "inherited tcp, sendfile", .what = "the same, the data by sendfile", .prepare = make_connected_tcp,
          .run = sendfile_inherited, .shows = SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLL", .older = "LLLLLL" },
        { .name = "inherited tcp, splice", .what = "the same, the data by splice out of a pipe", .prepare = make_connected_tcp,
          .run = splice_inherited, .shows = SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLL", .older = "LLLLLL" },
        { .name = "inherited udp", .what = "made before the guard, sendto under it", .prepare = make_udp, .run = send_inherited,
          .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "inherited udp, connected", .what = "connected before the guard, sent under it", .prepare = make_connected_udp,
          .run = say_inherited, .shows = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "inherited raw", .what = "SOCK_RAW made before the guard", .prepare = make_raw, .run = send_inherited_raw,
          .shows = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "passed tcp", .what = "made by a process that is not guarded, passed by a Unix socket, connected here",
          .prepare = helper_tcp, .run = connect_passed, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "passed tcp, connected", .what = "the same, connected there", .prepare = helper_connected_tcp, .run = say_passed,
          .shows = SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "passed udp", .what = "made by a process that is not guarded, sendto here", .prepare = helper_udp,
          .run = send_passed, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "pidfd_getfd tcp", .what = "taken out of the table of a process that is not guarded, connected here",
          .prepare = helper_keeps, .run = connect_stolen, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "pidfd_getfd tcp, connected", .what = "the same, connected there", .prepare = helper_keeps_connected,
          .run = say_stolen, .shows = SEEN_SAID, .leaks = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "io_uring of another", .what = "requests in a polled ring of a process that is not guarded: it is that one's thread "
                                                 "that connects and sends",
          .prepare = helper_ring, .run = by_helper_ring, .shows = SEEN_SAID, .expected = "LLLLLL" },
};

const struct family descriptor_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
