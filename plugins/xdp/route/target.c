/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netlink.h"
#include "netns.h"

/* A setting under /proc/sys/net of the caller's namespace; 0 where there is none. */
static int setting(const char *family, const char *device, const char *name)
{
        char path[128];
        int value = 0;
        FILE *f;

        (void) snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
        f = fopen(path, "re");
        if (!f)
                return 0;
        if (fscanf(f, "%d", &value) != 1)
                value = 0;
        (void) fclose(f);
        return value;
}

/* Of two settings the stricter one counts. */
static int rp_filter(const char *device)
{
        int all = setting("ipv4", "all", "rp_filter"), own = setting("ipv4", device, "rp_filter");

        return all > own ? all : own;
}

static const char *vip_text(const struct prefix *p, char ret[INET6_ADDRSTRLEN])
{
        return inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->bytes, ret, INET6_ADDRSTRLEN) ?: "?";
}

static bool has_family(const struct route *r, uint8_t family)
{
        for (size_t i = 0; i < r->n_vips; i++)
                if (r->vips[i].family == family)
                        return true;
        return false;
}

/* --- inside --- */

/* What is seen from inside the container. */
struct inside {
        const struct route *route;
        struct report *report;
        struct link link;
        bool gro;
};

static bool has_gro(const char *device)
{
        struct ethtool_value value = { .cmd = ETHTOOL_GGRO };
        struct ifreq request = {};
        /* Any kind of socket will do to ask, and this one the daemon may have. */
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        bool on;

        if (fd < 0)
                return false;
        (void) snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
        request.ifr_data = (void *) &value;
        on = ioctl(fd, SIOCETHTOOL, &request) >= 0 && value.data;
        (void) close(fd);
        return on;
}

static int look_at_vips(int fd, const struct inside *in)
{
        int r = 0;

        for (size_t i = 0; i < in->route->n_vips; i++) {
                const struct prefix *vip = &in->route->vips[i];
                char name[INET6_ADDRSTRLEN];
                uint32_t device;
                uint8_t type;

                if (netlink_route(fd, vip->family, vip->bytes, &type, &device) >= 0 && type == RTN_LOCAL)
                        continue;
                report_add(in->report, "%s is not the container's own address, and would go on from there: in it, ip addr add %s/%d dev lo",
                           vip_text(vip, name), name, vip->length);
                r = -EADDRNOTAVAIL;
        }
        return r;
}

static void look_at_way_back(int fd, const struct inside *in, uint8_t family)
{
        const char *ip = family == 4 ? "ip" : "ip -6";
        uint32_t device;

        if (!has_family(in->route, family) || netlink_default(fd, family, &device) < 0)
                return;
        if (device == 0)
                report_add(in->report,
                           "the container has no default route of IPv%d: who is not in its other routes gets no answer: in it, %s route add "
                           "default via HOST dev %s",
                           family, ip, in->route->device);
        else if (device != in->link.ifindex && family == 4 && rp_filter(in->route->device) == 1)
                report_add(in->report,
                           "the container answers by another device than %s, and its rp_filter is strict: it drops what comes in there: in "
                           "it, sysctl net.ipv4.conf.%s.rp_filter=2",
                           in->route->device, in->route->device);
}

static int look_inside(void *userdata)
{
        struct inside *in = userdata;
        const char *device = in->route->device;
        int fd = netlink_open(NETLINK_ROUTE, 0), r;

        if (fd < 0) {
                report_add(in->report, "the container cannot be asked: %s", strerror(-fd));
                return fd;
        }
        r = netlink_link(fd, device, 0, &in->link);
        if (r < 0)
                report_add(in->report, "%s is not in %s: %s", device, in->route->netns, strerror(-r));
        else if (!(in->link.flags & IFF_UP)) {
                report_add(in->report, "%s is down in the container: in it, ip link set %s up", device, device);
                r = -ENETDOWN;
        } else
                r = look_at_vips(fd, in);
        if (r >= 0) {
                in->gro = has_gro(device);
                look_at_way_back(fd, in, 4);
                look_at_way_back(fd, in, 6);
        }
        (void) close(fd);
        return r;
}

/* --- outside --- */

/* The host's end of the pair that the container's device is one end of. */
static int find_host_end(int fd, int netns, const struct inside *in, struct link *ret)
{
        const struct route *route = in->route;
        int32_t number;
        int r;

        if (strcmp(in->link.kind, "veth") != 0 && strcmp(in->link.kind, "netkit") != 0) {
                report_add(in->report, "%s in %s is a %s, and only a pair of veth or netkit has an end here: path = tc and xdp need one",
                           route->device, route->netns, in->link.kind[0] ? in->link.kind : "device of the hardware");
                return -EOPNOTSUPP;
        }
        r = netlink_link(fd, NULL, in->link.peer, ret);
        if (r >= 0)
                r = netlink_number_of(fd, netns, &number);
        /* A device of the same number may be here by chance: it must say that its other end is that one. */
        if (r < 0 || strcmp(ret->kind, in->link.kind) != 0 || ret->peer != in->link.ifindex || ret->peer_netns != number || number < 0) {
                report_add(in->report, "the other end of %s in %s is not in the daemon's network namespace", route->device, route->netns);
                return -ENODEV;
        }
        if (!(ret->flags & IFF_UP)) {
                report_add(in->report, "%s, the host's end of the container, is down: ip link set %s up", ret->name, ret->name);
                return -ENETDOWN;
        }
        return 0;
}

/* Whether the kernel knows the VIP to be there: fragments and errors go by it, and rp_filter asks it for answers. */
static void look_at_vip_outside(int fd, const struct link *host, const struct prefix *vip, struct report *report)
{
        char name[INET6_ADDRSTRLEN];
        uint32_t device = 0;
        uint8_t type = RTN_UNSPEC;
        int strict = vip->family == 4 ? rp_filter(host->name) : 0;

        (void) vip_text(vip, name);
        if (netlink_route(fd, vip->family, vip->bytes, &type, &device) < 0)
                type = RTN_UNREACHABLE;
        if (type == RTN_LOCAL) {
                report_add(report, "%s is this namespace's own address too: answers of the container are dropped as from ourselves: ip addr del it "
                           "here", name);
                return;
        }
        if (type == RTN_UNICAST && device == host->ifindex)
                return;
        if (strict == 1 || (strict == 2 && type != RTN_UNICAST))
                report_add(report,
                           "answers from %s are dropped at %s, as the kernel has no route there and rp_filter is %s: ip route add %s dev %s",
                           name, host->name, strict == 1 ? "strict" : "on", name, host->name);
        else
                report_add(report,
                           "the kernel has no route to %s by %s: fragments, errors and what is too long do not get there: ip route add %s "
                           "dev %s",
                           name, host->name, name, host->name);
}

static void look_at_forwarding(const struct route *route, const struct link *host, struct report *report)
{
        if (has_family(route, 4) && !setting("ipv4", host->name, "forwarding"))
                report_add(report, "answers from the container are not forwarded: sysctl net.ipv4.conf.%s.forwarding=1", host->name);
        if (has_family(route, 6) && !setting("ipv6", "all", "forwarding") && !setting("ipv6", host->name, "force_forwarding"))
                report_add(report, "answers from the container are not forwarded: sysctl net.ipv6.conf.all.forwarding=1");
}

static int look(const struct route *route, int fd, int netns, struct target *ret, struct report *report)
{
        struct inside in = { .route = route, .report = report };
        struct link host;
        int r = netns_run(netns, look_inside, &in);

        if (r == -EPERM)
                report_add(report, "the namespace %s may not be entered: it takes CAP_SYS_ADMIN and setns(2)", route->netns);
        if (r >= 0)
                r = find_host_end(fd, netns, &in, &host);
        if (r < 0)
                return r;

        if (host.mtu != in.link.mtu)
                report_add(report, "the MTU of %s is %u and that of %s in the container %u: ip link set %s mtu %u", host.name, host.mtu,
                           route->device, in.link.mtu, host.name, in.link.mtu);
        for (size_t i = 0; i < route->n_vips; i++)
                look_at_vip_outside(fd, &host, &route->vips[i], report);
        look_at_forwarding(route, &host, report);

        *ret = (struct target){ .ifindex = host.ifindex, .mtu = in.link.mtu, .takes_frames = in.gro || in.link.xdp };
        memcpy(ret->name, host.name, sizeof(ret->name));
        memcpy(ret->to, in.link.address, sizeof(ret->to));
        memcpy(ret->from, host.address, sizeof(ret->from));
        return 0;
}

int target_find(const struct route *r, int fd, struct target *ret, struct report *report)
{
        int netns = netns_open(r->netns), k;

        if (netns < 0) {
                report_add(report, "there is no network namespace %s yet: %s", r->netns, strerror(-netns));
                return netns;
        }
        k = look(r, fd, netns, ret, report);
        (void) close(netns);
        return k;
}

ino_t target_netns(const struct route *r)
{
        struct stat st;

        return stat(r->netns, &st) < 0 ? 0 : st.st_ino;
}
