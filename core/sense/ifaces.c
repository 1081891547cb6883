/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sense/ifaces.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "util/cleanup.h"
#include "util/str.h"

/* The kernel keeps its messages within a page; what does not fit is cut, and of no interest but that it came. */
enum { MESSAGE_MAX = 8192 };

static inline void free_names(struct if_nameindex **names)
{
        if (*names)
                if_freenameindex(*names);
}

int ifaces_scan(struct objects *objects, const char *sys_net, object_changed changed, void *userdata)
{
        _cleanup_(roll_clear) struct roll roll = {
                .objects = objects, .scope = SCOPE_IFACE, .changed = changed, .userdata = userdata
        };
        _cleanup_(free_names) struct if_nameindex *names = if_nameindex();
        int r;

        if (!names)
                return -errno;

        for (const struct if_nameindex *i = names; i->if_index != 0; i++) {
                _cleanup_free_ char *path = str_printf("%s/%s", sys_net, i->if_name);

                if (!path)
                        return -ENOMEM;
                r = roll_present(&roll, i->if_index, i->if_name, path);
                if (r < 0)
                        return r;
        }
        return roll_end(&roll);
}

int ifaces_open_events(void)
{
        const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

        if (fd < 0)
                return -errno;
        if (bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return take_fd(&fd);
}

/* Whether a link came, went or changed; the group brings nothing else. The last one may be cut. */
static bool is_about_links(const struct nlmsghdr *message, ssize_t size)
{
        for (; size >= (ssize_t) sizeof(*message); message = NLMSG_NEXT(message, size)) {
                if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
                        return true;
                if (!NLMSG_OK(message, size))
                        return false;
        }
        return false;
}

int ifaces_read_events(int fd)
{
        union {
                struct nlmsghdr first;
                char bytes[MESSAGE_MAX];
        } message;
        int found = 0;

        for (;;) {
                struct sockaddr_nl from = {};
                socklen_t from_size = sizeof(from);
                ssize_t size = recvfrom(fd, &message, sizeof(message), 0, (struct sockaddr *) &from, &from_size);

                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0 && errno == ENOBUFS) { /* some were lost */
                        found = 1;
                        continue;
                }
                if (size < 0)
                        return errno == EAGAIN ? found : -errno;

                /* Anybody may send to the group: port 0 is the kernel. */
                if (from.nl_pid == 0 && is_about_links(&message.first, size))
                        found = 1;
        }
}
