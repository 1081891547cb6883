/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A message of the kernel's about one link, all its attributes included, is a few KB. */
#define BUFFER_SIZE 32768

struct request {
        struct nlmsghdr header;
        char rest[256];
};

int netlink_open(int protocol, uint32_t groups)
{
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

        if (fd < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0) {
                int r = -errno;

                (void) close(fd);
                return r;
        }
        return fd;
}

static void *begin(struct request *q, uint16_t type, uint16_t flags, size_t size)
{
        *q = (struct request){};
        q->header.nlmsg_type = type;
        q->header.nlmsg_flags = NLM_F_REQUEST | flags;
        q->header.nlmsg_len = (uint32_t) NLMSG_LENGTH(size);
        return NLMSG_DATA(&q->header);
}

/* Attributes of ours are short: the request has room. */
static void add(struct request *q, uint16_t type, const void *data, size_t size)
{
        struct rtattr *a = (void *) ((char *) q + NLMSG_ALIGN(q->header.nlmsg_len));

        a->rta_type = type;
        a->rta_len = (uint16_t) RTA_LENGTH(size);
        memcpy(RTA_DATA(a), data, size);
        q->header.nlmsg_len = NLMSG_ALIGN(q->header.nlmsg_len) + (uint32_t) RTA_ALIGN(a->rta_len);
}

int netlink_ask(int fd, const struct nlmsghdr *question, void (*call)(void *userdata, const struct nlmsghdr *m), void *userdata)
{
        bool dump = question->nlmsg_flags & NLM_F_DUMP;
        char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));

        if (send(fd, question, question->nlmsg_len, 0) < 0)
                return -errno;
        do {
                ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
                int size = (int) got;

                if (got < 0)
                        return -errno;
                for (const struct nlmsghdr *m = (void *) buffer; NLMSG_OK(m, (uint32_t) size); m = NLMSG_NEXT(m, size)) {
                        if (m->nlmsg_type == NLMSG_DONE)
                                return 0;
                        if (m->nlmsg_type == NLMSG_ERROR)
                                return ((const struct nlmsgerr *) NLMSG_DATA(m))->error;
                        call(userdata, m);
                }
        } while (dump);
        return 0;
}

#define EACH_ATTRIBUTE(a, first, size) \
        for (const struct rtattr *a = (first); RTA_OK(a, size); a = RTA_NEXT(a, size))

static uint32_t number(const struct rtattr *a)
{
        uint32_t n = 0;

        memcpy(&n, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof(n) ? RTA_PAYLOAD(a) : sizeof(n));
        return n;
}

static void text(const struct rtattr *a, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%.*s", (int) RTA_PAYLOAD(a), (const char *) RTA_DATA(a));
}

static const struct rtattr *inside(const struct rtattr *a, uint16_t type)
{
        size_t size = RTA_PAYLOAD(a);

        EACH_ATTRIBUTE(b, RTA_DATA(a), size)
                if (b->rta_type == type)
                        return b;
        return NULL;
}

static void take_link(void *userdata, const struct nlmsghdr *m)
{
        const struct ifinfomsg *info = NLMSG_DATA(m);
        struct link *l = userdata;
        size_t size = m->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
        const struct rtattr *b;

        if (m->nlmsg_type != RTM_NEWLINK)
                return;
        *l = (struct link){ .ifindex = (uint32_t) info->ifi_index, .flags = info->ifi_flags, .type = info->ifi_type, .peer_netns = -1 };
        EACH_ATTRIBUTE(a, IFLA_RTA(info), size)
                switch (a->rta_type & NLA_TYPE_MASK) {
                case IFLA_IFNAME:
                        text(a, l->name, sizeof(l->name));
                        break;
                case IFLA_MTU:
                        l->mtu = number(a);
                        break;
                case IFLA_LINK:
                        l->peer = number(a);
                        break;
                case IFLA_LINK_NETNSID:
                        l->peer_netns = (int32_t) number(a);
                        break;
                case IFLA_ADDRESS:
                        if (RTA_PAYLOAD(a) == sizeof(l->address))
                                memcpy(l->address, RTA_DATA(a), sizeof(l->address));
                        break;
                case IFLA_LINKINFO:
                        if ((b = inside(a, IFLA_INFO_KIND)))
                                text(b, l->kind, sizeof(l->kind));
                        break;
                case IFLA_XDP:
                        b = inside(a, IFLA_XDP_ATTACHED);
                        l->xdp = b && *(const uint8_t *) RTA_DATA(b) != XDP_ATTACHED_NONE;
                        break;
                }
}

int netlink_link(int fd, const char *name, uint32_t ifindex, struct link *ret)
{
        struct request q;
        struct ifinfomsg *info = begin(&q, RTM_GETLINK, 0, sizeof(*info));
        int r;

        info->ifi_family = AF_UNSPEC;
        info->ifi_index = name ? 0 : (int) ifindex;
        if (name)
                add(&q, IFLA_IFNAME, name, strlen(name) + 1);
        *ret = (struct link){};
        r = netlink_ask(fd, &q.header, take_link, ret);
        if (r < 0)
                return r;
        return ret->ifindex ? 0 : -ENODEV;
}

static void take_number(void *userdata, const struct nlmsghdr *m)
{
        const struct rtgenmsg *generic = NLMSG_DATA(m);
        size_t size = m->nlmsg_len - NLMSG_LENGTH(sizeof(*generic));

        EACH_ATTRIBUTE(a, (const struct rtattr *) ((const char *) generic + NLMSG_ALIGN(sizeof(*generic))), size)
                if (a->rta_type == NETNSA_NSID)
                        *(int32_t *) userdata = (int32_t) number(a);
}

int netlink_number_of(int fd, int netns_fd, int32_t *ret)
{
        struct request q;
        struct rtgenmsg *generic = begin(&q, RTM_GETNSID, 0, sizeof(*generic));
        uint32_t of = (uint32_t) netns_fd;

        generic->rtgen_family = AF_UNSPEC;
        add(&q, NETNSA_FD, &of, sizeof(of));
        *ret = -1;
        return netlink_ask(fd, &q.header, take_number, ret);
}

struct way {
        uint8_t type;
        uint32_t ifindex;
};

static void take_route(void *userdata, const struct nlmsghdr *m)
{
        const struct rtmsg *route = NLMSG_DATA(m);
        struct way *way = userdata;
        size_t size = m->nlmsg_len - NLMSG_LENGTH(sizeof(*route));

        way->type = route->rtm_type;
        EACH_ATTRIBUTE(a, RTM_RTA(route), size)
                if (a->rta_type == RTA_OIF)
                        way->ifindex = number(a);
}

int netlink_route(int fd, uint8_t family, const uint8_t *address, uint8_t *ret_type, uint32_t *ret_ifindex)
{
        struct request q;
        struct rtmsg *route = begin(&q, RTM_GETROUTE, 0, sizeof(*route));
        struct way way = {};
        int r;

        route->rtm_family = family == 4 ? AF_INET : AF_INET6;
        route->rtm_dst_len = family == 4 ? 32 : 128;
        add(&q, RTA_DST, address, family == 4 ? 4 : 16);
        r = netlink_ask(fd, &q.header, take_route, &way);
        if (r < 0)
                return r;
        *ret_type = way.type;
        *ret_ifindex = way.ifindex;
        return 0;
}

static void take_default(void *userdata, const struct nlmsghdr *m)
{
        const struct rtmsg *route = NLMSG_DATA(m);
        struct way way = {};

        if (route->rtm_dst_len > 0 || route->rtm_type != RTN_UNICAST)
                return;
        take_route(&way, m);
        *(uint32_t *) userdata = way.ifindex;
}

int netlink_default(int fd, uint8_t family, uint32_t *ret_ifindex)
{
        struct request q;
        struct rtmsg *route = begin(&q, RTM_GETROUTE, NLM_F_DUMP, sizeof(*route));

        route->rtm_family = family == 4 ? AF_INET : AF_INET6;
        *ret_ifindex = 0;
        return netlink_ask(fd, &q.header, take_default, ret_ifindex);
}

int netlink_read_links(int fd, void (*call)(void *userdata, uint32_t ifindex), void *userdata)
{
        char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));

        for (;;) {
                ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
                int size = (int) got;

                if (got < 0 && errno == ENOBUFS) {
                        /* More changed than the socket holds: any link may have. */
                        call(userdata, 0);
                        continue;
                }
                if (got < 0)
                        return errno == EAGAIN ? 0 : -errno;
                for (const struct nlmsghdr *m = (void *) buffer; NLMSG_OK(m, (uint32_t) size); m = NLMSG_NEXT(m, size))
                        if (m->nlmsg_type == RTM_NEWLINK || m->nlmsg_type == RTM_DELLINK)
                                call(userdata, (uint32_t) ((const struct ifinfomsg *) NLMSG_DATA(m))->ifi_index);
        }
}
