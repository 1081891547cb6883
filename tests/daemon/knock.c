/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Both ends of connections that a guard lets through or not: who asks for them, in a cgroup, and who sees what came out of the wire.
 *
 *     knock receive FRAMES                            frames by port they went to, until it is ended
 *     knock once CGROUP tcp|udp ADDRESS PORT          exits with the errno it ended with, or 0
 *     knock hammer CGROUP ASKED PER_SECOND            allowed and forbidden ones in turns, until it is ended
 *     knock storm CGROUP COUNT ADDRESS [spread]       forbidden ones as fast as they go; prints how many were refused, and the seconds
 *
 * CGROUP "-": the one it is in. FRAMES and ASKED are files, which the program maps: numbers of 8 bytes each.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ALLOWED_PORT   443 /* somebody listens there */
#define FORBIDDEN_PORT 666

struct asked {
        uint64_t allowed, failed, failed_errno;       /* asked for, and those that did not get what they had asked for */
        uint64_t forbidden, through, through_errno; /* asked for, and those that were not refused */
};

static void *map_file(const char *path, size_t size)
{
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        void *at = fd >= 0 && ftruncate(fd, (off_t) size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

        if (at == MAP_FAILED) {
                perror(path);
                exit(255);
        }
        (void) close(fd);
        return at;
}

/* --- the far end --- */

/* The port that a frame went to, -1: of neither TCP nor UDP. What follows the address is no option here. */
static int port_of(const unsigned char *packet, ssize_t size)
{
        size_t header = packet[0] >> 4 == 4 ? (packet[0] & 15) * 4u : 40;
        int protocol = packet[0] >> 4 == 4 ? packet[9] : packet[6];

        if (size < (ssize_t) header + 4 || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP))
                return -1;
        return packet[header + 2] << 8 | packet[header + 3];
}

static void look(int fd, uint64_t *frames)
{
        unsigned char packet[256];
        struct sockaddr_ll from;
        socklen_t size = sizeof(from);
        ssize_t n;

        while ((n = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *) &from, &size)) > 20) {
                int port = from.sll_pkttype == PACKET_HOST ? port_of(packet, n) : -1;

                if (port >= 0)
                        frames[port]++;
        }
}

static int serve(int type)
{
        struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(ALLOWED_PORT) };
        int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), no = 0;

        if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0 ||
            bind(fd, (struct sockaddr *) &any, sizeof(any)) < 0 || (type == SOCK_STREAM && listen(fd, 1000) < 0)) {
                perror("knock receive");
                exit(255);
        }
        return fd;
}

static int receive(const char *file)
{
        struct pollfd fds[3] = { { .fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)), .events = POLLIN },
                                 { .fd = serve(SOCK_STREAM), .events = POLLIN },
                                 { .fd = serve(SOCK_DGRAM), .events = POLLIN } };
        uint64_t *frames = map_file(file, 65536 * sizeof(*frames));
        int room = 4 << 20;
        char byte;

        if (fds[0].fd < 0)
                return 255;
        (void) setsockopt(fds[0].fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
        frames[0] = 1; /* here we are */
        for (;;) {
                int fd;

                (void) poll(fds, 3, -1);
                look(fds[0].fd, frames);
                while ((fd = accept4(fds[1].fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
                        (void) close(fd);
                while (recv(fds[2].fd, &byte, 1, 0) >= 0)
                        ;
        }
}

/* --- the near end --- */

static void enter(const char *cgroup)
{
        char path[4096];
        int fd;

        if (strcmp(cgroup, "-") == 0)
                return;
        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1) {
                perror(path);
                exit(255);
        }
        (void) close(fd);
}

static socklen_t address_of(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
        struct sockaddr_in *v4 = (struct sockaddr_in *) ret;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) ret;

        *ret = (struct sockaddr_storage){ .ss_family = strchr(text, ':') ? AF_INET6 : AF_INET };
        if (ret->ss_family == AF_INET6) {
                v6->sin6_port = htons(port);
                return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
        }
        v4->sin_port = htons(port);
        return inet_pton(AF_INET, text, &v4->sin_addr) == 1 ? sizeof(*v4) : 0;
}

/* The errno, or 0. A connection is broken off, so that its port is free again. */
static int once(bool tcp, const char *address, uint16_t port)
{
        const struct linger abort = { .l_onoff = 1 };
        const struct timeval patience = { .tv_sec = 20 };
        struct sockaddr_storage to;
        socklen_t size = address_of(address, port, &to);
        int fd = socket(to.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), r, error;

        if (fd < 0)
                return errno;
        if (tcp) {
                (void) setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
                (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        }
        r = tcp ? connect(fd, (struct sockaddr *) &to, size) : (int) sendto(fd, "x", 1, 0, (struct sockaddr *) &to, size);
        error = r < 0 ? errno : 0;
        (void) close(fd);
        return error;
}

static const struct {
        bool tcp;
        const char *allowed, *forbidden;
} ways[] = {
        { true, "10.88.1.1", "10.88.2.1" },
        { true, "fd88:1::1", "fd88:2::1" },
        { false, "10.88.1.1", "10.88.2.1" },
        { true, "::ffff:10.88.1.1", "::ffff:10.88.2.1" },
        { false, "fd88:1::1", "fd88:2::1" },
};

static void hammer_once(struct asked *a, size_t i)
{
        int error = once(ways[i].tcp, ways[i].allowed, ALLOWED_PORT);

        if (error != 0) {
                a->failed++;
                a->failed_errno = (uint64_t) error;
        }
        a->allowed++;
        error = once(ways[i].tcp, ways[i].forbidden, FORBIDDEN_PORT);
        if (error != EPERM) {
                a->through++;
                a->through_errno = (uint64_t) error;
        }
        a->forbidden++;
}

static _Noreturn void hammer(const char *file, long per_second)
{
        const struct timespec gap = { .tv_nsec = 2 * 1000000000L / per_second };
        struct asked *a = map_file(file, sizeof(*a));

        for (size_t i = 0;; i = (i + 1) % (sizeof(ways) / sizeof(ways[0]))) {
                hammer_once(a, i);
                (void) nanosleep(&gap, NULL);
        }
}

/* On one socket: one that is refused leaves it as it was. spread: each to another port than the last. */
static int storm(long count, const char *address, bool spread)
{
        struct sockaddr_storage to;
        socklen_t size = address_of(address, FORBIDDEN_PORT, &to);
        int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct timespec from, end;
        long refused = 0;

        (void) clock_gettime(CLOCK_MONOTONIC, &from);
        for (long i = 0; i < count; i++) {
                if (spread)
                        ((struct sockaddr_in *) &to)->sin_port = htons((uint16_t) (1 + i % 65535));
                refused += connect(fd, (struct sockaddr *) &to, size) < 0 && errno == EPERM;
        }
        (void) clock_gettime(CLOCK_MONOTONIC, &end);
        (void) printf("%ld %.6f\n", refused, (double) (end.tv_sec - from.tv_sec) + (double) (end.tv_nsec - from.tv_nsec) / 1e9);
        return 0;
}

int main(int argc, char **argv)
{
        if (argc == 3 && strcmp(argv[1], "receive") == 0)
                return receive(argv[2]);
        if (argc < 5)
                return 254;
        enter(argv[2]);
        if (strcmp(argv[1], "once") == 0 && argc == 6)
                return once(strcmp(argv[3], "tcp") == 0, argv[4], (uint16_t) atoi(argv[5]));
        if (strcmp(argv[1], "hammer") == 0)
                hammer(argv[3], atol(argv[4]));
        if (strcmp(argv[1], "storm") == 0)
                return storm(atol(argv[3]), argv[4], argc > 5);
        return 254;
}
