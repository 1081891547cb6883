/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * To an address that a policy allows, by way of one that it does not: what a system call names is the end of the journey. And to
 * addresses that are nobody's.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/seg6.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"
#include "ring.h"

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
        int fd = make_socket(AF_INET, type, 0), r;
        uint8_t route[ROUTE_SIZE];

        if (fd < 0)
                return fd;
        make_route(route);
        r = result(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)));
        if (r == 0)
                return fd;
        (void) close(fd);
        return r;
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
static int message_by(struct attempt *a, bool ring)
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
        const struct io_uring_sqe request = { .opcode = IORING_OP_SENDMSG, .fd = fd, .addr = (uint64_t) (uintptr_t) &message, .len = 1 };

        if (fd < 0)
                return fd;
        make_route(CMSG_DATA(&control.head));
        r = ring ? ring_do(&request, 0) : result(sendmsg(fd, &message, 0));
        (void) close(fd);
        return r < 0 ? r : 0;
}

static int message_route(struct attempt *a)
{
        return message_by(a, false);
}

static int ring_message_route(struct attempt *a)
{
        return message_by(a, true);
}

/* The kernel asks about the first message alone, if the next one goes to the same address. */
static int second_message_route(struct attempt *a)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(ROUTE_SIZE)];
        } control = { .head = { .cmsg_len = CMSG_LEN(ROUTE_SIZE), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_RETOPTS } };
        struct sockaddr_in end = loopback(a);
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        const struct msghdr plain = { .msg_name = &end, .msg_namelen = sizeof(end), .msg_iov = &data, .msg_iovlen = 1 };
        struct mmsghdr messages[2] = { { .msg_hdr = plain }, { .msg_hdr = plain } };
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), n;

        if (fd < 0)
                return fd;
        make_route(CMSG_DATA(&control.head));
        messages[1].msg_hdr.msg_control = &control;
        messages[1].msg_hdr.msg_controllen = sizeof(control);
        n = sendmmsg(fd, messages, 2, 0);
        (void) close(fd);
        return n == 2 ? 0 : n == 1 ? -EPERM : -errno;
}

#ifdef __x86_64__
#define SETSOCKOPT_32 366

/* As a program of 32 bits calls it: all in the lower half of memory. */
static int setsockopt_32(int fd, const void *value, uint32_t size)
{
        void *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        long r = SETSOCKOPT_32;

        if (low == MAP_FAILED)
                return -errno;
        (void) memcpy(low, value, size);
        __asm__ volatile("int $0x80" : "+a"(r) : "b"(fd), "c"(IPPROTO_IP), "d"(IP_OPTIONS), "S"(low), "D"(size)
                         : "memory", "r8", "r9", "r10", "r11");
        (void) munmap(low, 4096);
        return (int) r;
}
#else
static int setsockopt_32(int fd, const void *value, uint32_t size)
{
        return -ENOSYS;
}
#endif

static int udp_route_32(struct attempt *a)
{
        struct sockaddr_storage to = {};
        const struct sockaddr_in end = loopback(a);
        int fd = make_socket(AF_INET, SOCK_DGRAM, 0), r;
        uint8_t route[ROUTE_SIZE];

        if (fd < 0)
                return fd;
        make_route(route);
        r = setsockopt_32(fd, route, sizeof(route));
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        (void) memcpy(&to, &end, sizeof(end));
        return say_and_close(a, fd, 0, &to, sizeof(end));
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
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0), r;

        if (fd < 0)
                return fd;
        (void) inet_pton(AF_INET6, ends.v6, &route.segments[1]);
        r = result(setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &route, sizeof(route)));
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        (void) memcpy(&to, &end, sizeof(end));
        return say_and_close(a, fd, 0, &to, sizeof(end));
}

/* The header of mobile IPv6, which is all that the kernel takes with a message: one address. */
struct home_route {
        struct ipv6_rt_hdr head;
        uint32_t reserved;
        struct in6_addr by;
};

union home_control {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct home_route))];
};

static void make_home_route(union home_control *ret, int type)
{
        struct home_route route = { .head = { .hdrlen = 2, .type = IPV6_SRCRT_TYPE_2, .segments_left = 1 } };

        (void) inet_pton(AF_INET6, ends.v6, &route.by);
        (void) memset(ret, 0, sizeof(*ret));
        ret->head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(route)), .cmsg_level = IPPROTO_IPV6, .cmsg_type = type };
        (void) memcpy(CMSG_DATA(&ret->head), &route, sizeof(route));
}

static struct sockaddr_in6 loopback6(const struct attempt *a)
{
        return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

static int home_message(struct attempt *a)
{
        union home_control control;
        struct sockaddr_in6 end = loopback6(a);
        struct iovec data = { .iov_base = a->nonce, .iov_len = strlen(a->nonce) };
        const struct msghdr message = { .msg_name = &end, .msg_namelen = sizeof(end), .msg_iov = &data, .msg_iovlen = 1,
                                        .msg_control = &control, .msg_controllen = sizeof(control) };
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0), r;

        if (fd < 0)
                return fd;
        make_home_route(&control, IPV6_RTHDR);
        r = result(sendmsg(fd, &message, 0));
        (void) close(fd);
        return r;
}

static int home_options(struct attempt *a)
{
        union home_control control;
        const struct sockaddr_in6 end = loopback6(a);
        struct sockaddr_storage to = {};
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0), r;

        if (fd < 0)
                return fd;
        make_home_route(&control, IPV6_2292RTHDR);
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, &control, sizeof(control)) < 0) {
                r = -errno;
                (void) close(fd);
                return r;
        }
        (void) memcpy(&to, &end, sizeof(end));
        return say_and_close(a, fd, 0, &to, sizeof(end));
}

/* A flow has a route of its own; the packet only says which flow it is of. */
static int flow_label(struct attempt *a)
{
        struct {
                struct in6_flowlabel_req request;
                union home_control control;
        } flow = { .request = { .flr_dst = IN6ADDR_LOOPBACK_INIT, .flr_action = IPV6_FL_A_GET, .flr_share = IPV6_FL_S_EXCL,
                                .flr_flags = IPV6_FL_F_CREATE, .flr_linger = 6 } };
        socklen_t size = sizeof(flow);
        struct sockaddr_in6 end = loopback6(a);
        struct sockaddr_storage to = {};
        const int on = 1;
        int fd = make_socket(AF_INET6, SOCK_DGRAM, 0), r;

        if (fd < 0)
                return fd;
        make_home_route(&flow.control, IPV6_RTHDR);
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &flow, size) < 0 ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, &on, sizeof(on)) < 0) {
                r = -errno;
                (void) close(fd);
                return r;
        }
        end.sin6_flowinfo = flow.request.flr_label;
        (void) memcpy(&to, &end, sizeof(end));
        return say_and_close(a, fd, 0, &to, sizeof(end));
}

/* What is bound to an interface goes by it, whatever its address; here, to the router. */
static int loopback_by_interface(struct attempt *a, int fd, const void *end, socklen_t size)
{
        struct sockaddr_storage to = {};
        char name[IF_NAMESIZE];
        int r;

        if (fd < 0)
                return fd;
        (void) memcpy(&to, end, size);
        r = if_indextoname(ends.near_index, name) ? result(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, sizeof(name))) : -errno;
        if (r == 0)
                return say_and_close(a, fd, 0, &to, size);
        (void) close(fd);
        return r;
}

static int bound_loopback(struct attempt *a)
{
        const struct sockaddr_in end = loopback(a);

        return loopback_by_interface(a, make_socket(AF_INET, SOCK_DGRAM, 0), &end, sizeof(end));
}

static int bound_loopback6(struct attempt *a)
{
        const struct sockaddr_in6 end = loopback6(a);

        return loopback_by_interface(a, make_socket(AF_INET6, SOCK_DGRAM, 0), &end, sizeof(end));
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
        { .name = "io_uring route, message", .what = "the same by IORING_OP_SENDMSG", .run = ring_message_route, .shows = SEEN_SAID,
          .optional = true, .expected = "LLBLLB" },
        { .name = "udp source route, second", .what = "the same with the second of two messages by sendmmsg()", .run = second_message_route,
          .shows = SEEN_SAID, .expected = "LLBLLB" },
        { .name = "udp source route, 32 bits", .what = "IP_OPTIONS by a system call of 32 bits", .run = udp_route_32, .shows = SEEN_SAID,
          .optional = true, .expected = "LLBLLB" },
        { .name = "tcp source route", .what = "a SYN to loopback by way of the far end", .run = tcp_route, .shows = SEEN_FRAME,
          .expected = "LLBLLB" },
        { .name = "udp segment route", .what = "IPV6_RTHDR: to loopback by way of the far end", .run = segments, .shows = SEEN_SAID,
          .expected = "LLBLLB" },
        { .name = "udp segment route, message", .what = "the same by IPV6_RTHDR with the datagram, of mobile IPv6", .run = home_message,
          .shows = SEEN_SAID, .optional = true, .expected = "LLBLLB" },
        { .name = "udp segment route, options", .what = "the same by IPV6_2292PKTOPTIONS", .run = home_options, .shows = SEEN_SAID,
          .optional = true, .expected = "LLBLLB" },
        { .name = "udp segment route, flow", .what = "the same by a flow label that has it", .run = flow_label, .shows = SEEN_SAID,
          .optional = true, .expected = "LLBLLB" },
        { .name = "bound loopback", .what = "to loopback by SO_BINDTODEVICE: it leaves for the router", .run = bound_loopback,
          .shows = SEEN_SAID, .expected = "LLBLLB" },
        { .name = "bound loopback v6", .what = "the same by IPv6", .run = bound_loopback6, .shows = SEEN_SAID, .expected = "LLBLLB" },
        { .name = "udp broadcast", .what = "to all of the network", .run = broadcast, .shows = SEEN_SAID, .expected = "LBBLBB" },
        { .name = "udp multicast", .what = "to a group", .run = multicast, .shows = SEEN_SAID, .expected = "LBBLBB" },
};

const struct family route_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
