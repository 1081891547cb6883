/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_VALUE 20000

static bool set(int fd, int level, int option, const void *value, socklen_t size)
{
        return setsockopt(fd, level, option, value, size) == 0;
}

/* A number in the first bytes of a value of that size; it is read back. */
static bool set_number(int fd, int level, int option, int number, socklen_t size)
{
        char value[LONG_VALUE] = {};
        int there = -1;
        socklen_t length = sizeof(there);

        (void) memcpy(value, &number, sizeof(number));
        return set(fd, level, option, value, size) && getsockopt(fd, level, option, &there, &length) == 0 && there == number;
}

static bool set_name(int fd)
{
        char name[16] = "";
        socklen_t length = sizeof(name);

        return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0 &&
               set(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t) strlen(name)) && set(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) &&
               set(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0);
}

/* A value with a pointer in it. */
static bool set_filter(int fd)
{
        struct sock_filter all[600];
        const struct sock_fprog filter = { .len = sizeof(all) / sizeof(*all), .filter = all };

        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
                all[i] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, 0xffff);
        return set(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

static bool join(int fd)
{
        const struct ip_mreqn group = { .imr_multiaddr.s_addr = htonl(0xef000001), .imr_ifindex = 1 };

        return set(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
}

int options_ordinary(const void *userdata)
{
        int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), tcp6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const bool done[] = {
                set_number(tcp, SOL_SOCKET, SO_REUSEADDR, 1, sizeof(int)),
                set_number(tcp, IPPROTO_TCP, TCP_NODELAY, 1, sizeof(int)),
                set_number(tcp, IPPROTO_IP, IP_TOS, 16, sizeof(int)),
                set_number(tcp6, IPPROTO_IPV6, IPV6_V6ONLY, 1, sizeof(int)),
                set_number(tcp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7, sizeof(int)),
                set_name(tcp),
                set_filter(udp),
                join(udp),
                set_number(udp, IPPROTO_IP, IP_TOS, 8, 4096),
                set_number(udp, IPPROTO_IP, IP_TOS, 16, 4097),
                set_number(udp, IPPROTO_IP, IP_TOS, 8, LONG_VALUE),
                set_number(udp, SOL_SOCKET, SO_REUSEADDR, 1, LONG_VALUE),
        };

        for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++)
                if (!done[i])
                        return 100 + (int) i;
        return 0;
}

int options_route(const void *userdata)
{
        const struct option_route *o = userdata;
        const char nothing[4] = { IPOPT_NOP, IPOPT_NOP, IPOPT_NOP, IPOPT_NOP };
        int fd = socket(o->level == IPPROTO_IPV6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return set(fd, o->level, o->option, nothing, o->level == IPPROTO_IPV6 ? 0 : sizeof(nothing)) ? 0 : errno;
}

#define MESSAGES_MAX 32

static void put(char *at, int type, int number)
{
        const struct cmsghdr head = { .cmsg_len = CMSG_LEN(sizeof(number)), .cmsg_level = IPPROTO_IP, .cmsg_type = type };

        (void) memcpy(at, &head, sizeof(head));
        (void) memcpy(at + CMSG_LEN(0), &number, sizeof(number));
}

int options_message(const void *userdata)
{
        int wanted = *(const int *) userdata, n = abs(wanted), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        char control[(MESSAGES_MAX + 1) * CMSG_SPACE(sizeof(int))] = {};
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_control = control };

        if (n > MESSAGES_MAX)
                return 255;
        for (int i = 0; i < n; i++)
                put(control + (size_t) i * CMSG_SPACE(sizeof(int)), IP_TTL, 7);
        if (wanted < 0)
                put(control + (size_t) n++ * CMSG_SPACE(sizeof(int)), IP_RETOPTS, IPOPT_NOP * 0x01010101);
        message.msg_controllen = (size_t) n * CMSG_SPACE(sizeof(int));
        return sendmsg(fd, &message, 0) < 0 ? errno : 0;
}
