/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
        struct nlmsghdr head;
        struct ifinfomsg info;
        char attributes[256];
};

static struct rtattr *add(struct request *r, unsigned short type, const void *data, size_t size)
{
        struct rtattr *a = (struct rtattr *) ((char *) r + NLMSG_ALIGN(r->head.nlmsg_len));

        a->rta_type = type;
        a->rta_len = (unsigned short) RTA_LENGTH(size);
        if (size > 0)
                memcpy(RTA_DATA(a), data, size);
        r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
        return a;
}

/* What was added since is in it. */
static void close_nest(struct request *r, struct rtattr *a)
{
        a->rta_len = (unsigned short) ((char *) r + r->head.nlmsg_len - (char *) a);
}

static int ask(const struct request *r)
{
        struct {
                struct nlmsghdr head;
                struct nlmsgerr error;
                char rest[1024];
        } answer;
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), result = -EIO;

        if (fd < 0)
                return -errno;
        if (send(fd, r, r->head.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
                result = -errno;
        else if (answer.head.nlmsg_type == NLMSG_ERROR)
                result = answer.error.error;
        (void) close(fd);
        return result;
}

static int make_pair(const char *one, const char *other)
{
        struct request r = {
                .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                          .nlmsg_type = RTM_NEWLINK,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK },
        };
        struct rtattr *info, *data, *peer;

        (void) add(&r, IFLA_IFNAME, one, strlen(one) + 1);
        info = add(&r, IFLA_LINKINFO, NULL, 0);
        (void) add(&r, IFLA_INFO_KIND, "veth", 4);
        data = add(&r, IFLA_INFO_DATA, NULL, 0);
        peer = add(&r, VETH_INFO_PEER, &(struct ifinfomsg){}, sizeof(struct ifinfomsg));
        (void) add(&r, IFLA_IFNAME, other, strlen(other) + 1);
        close_nest(&r, peer);
        close_nest(&r, data);
        close_nest(&r, info);
        return ask(&r);
}

static int bring_up(const char *interface)
{
        struct request r = {
                .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
                .info = { .ifi_index = (int) if_nametoindex(interface), .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
        };

        return ask(&r);
}

/* Its solicitations would be packets that nobody here has sent. */
static void quiet_ipv6(void)
{
        int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return; /* no IPv6 at all */
        (void) !write(fd, "1", 1);
        (void) close(fd);
}

int veth_pair(const char *one, const char *other)
{
        int r;

        if (unshare(CLONE_NEWNET) < 0)
                return -errno;
        quiet_ipv6();
        r = make_pair(one, other);
        if (r >= 0)
                r = bring_up(one);
        return r >= 0 ? bring_up(other) : r;
}

int veth_socket(const char *interface)
{
        struct sockaddr_ll at = {
                .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int) if_nametoindex(interface)
        };
        const int room = 16 << 20; /* a frame takes a page of it */
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), r = 0;

        if (fd < 0)
                return -errno;
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
        if (bind(fd, (struct sockaddr *) &at, sizeof(at)) < 0)
                r = -errno;
        if (r >= 0)
                return fd;
        (void) close(fd);
        return r;
}
