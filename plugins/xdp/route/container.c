/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Routes into containers: from which interfaces, and by which program. */

#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "hook.h"
#include "netlink.h"
#include "peer.h"
#include "room.h"
#include "../xdp.h"

static int put(const struct routing *g, struct route_state *s, uint32_t set, uint32_t at, const struct link *from)
{
        struct route_target target = { .at = at, .slot = s->slot, .ifindex = s->target.ifindex };

        memcpy(target.to, s->target.to, sizeof(target.to));
        memcpy(target.from, s->target.from, sizeof(target.from));
        memcpy(target.here, from->address, sizeof(target.here));
        return route_put(g, s, set, from->ifindex, &target);
}

static int from_tc(struct routing *g, struct route_state *s, uint32_t set, const struct link *from, struct report *report)
{
        int r = tc_attach(g->tc, from->ifindex);

        if (r == -EEXIST)
                report_add(report, "%s has somebody else's filter at our place: tc filter show dev %s ingress pref %u", from->name,
                           from->name, HOOK_PRIORITY);
        else if (r < 0)
                report_add(report, "the program cannot be attached to %s: %s", from->name, strerror(-r));
        return r < 0 ? r : put(g, s, set, ROUTE_AT_TC, from);
}

/*
 * A card on a wire hands over whole packets; a veth whatever its other end sends. To find that end is not for every second, nor for each
 * route; but while it stands in the way.
 */
static int look_at_sums(const struct xdp *x, const struct routing *g, struct interface *i, const struct link *from, struct report *report)
{
        bool again = x->now_ns >= i->sums_ns + LOOK_NS || (i->sums_error < 0 && x->now_ns > i->sums_ns);

        if (strcmp(from->kind, "veth") != 0)
                return 0;
        if (!i->sums_known || again) {
                i->sums_known = true;
                i->sums_ns = x->now_ns;
                i->sums_error = peer_fills_checksums(g->ask, from);
        }
        if (i->sums_error == -EBADMSG)
                report_add(report, "path = xdp: the other end of %s leaves out checksums, and packets would be lost without a word: at that end, "
                           "ethtool -K DEVICE tx off; or path = tc", from->name);
        else if (i->sums_error < 0)
                report_add(report, "path = xdp: whether the other end of %s leaves out checksums cannot be seen (%s): path = tc", from->name,
                           strerror(-i->sums_error));
        return i->sums_error;
}

static int from_xdp(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set, struct interface *i, const struct link *from,
                    struct report *report)
{
        int r;

        if (i->attached != ATTACH_NATIVE || !(i->mode & XDP_MODE_REDIRECT)) {
                report_add(report, "path = xdp: no program of ours in the driver of %s takes routes: xdp.attach = native, and xdp.mode = "
                           "redirect, filter+redirect or flood+redirect", from->name);
                return -ENODEV;
        }
        r = look_at_sums(x, g, i, from, report);
        if (r < 0)
                return r;
        r = table_put_device(g->table, s->target.ifindex);
        if (r < 0) {
                report_add(report, "path = xdp: %s cannot be sent to: %s", s->target.name, strerror(-r));
                return r;
        }
        return put(g, s, set, ROUTE_AT_XDP, from);
}

/* From one interface: 0, or why not is told; -E2BIG and -ENOMEM: there is no room. */
static int from_interface(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set, struct interface *i, struct report *report)
{
        struct link from;
        int r = netlink_link(g->ask, NULL, i->ifindex, &from);

        if (r < 0)
                return r;
        if (from.type != ARPHRD_ETHER && from.type != ARPHRD_LOOPBACK) {
                report_add(report, "what comes in by %s has no Ethernet header, which the container's end needs", from.name);
                return -EOPNOTSUPP;
        }
        if (from.mtu > s->target.mtu && from.type != ARPHRD_LOOPBACK)
                report_add(report, "the MTU of %s is %u and the container's only %u: longer packets go the kernel's way", from.name, from.mtu,
                           s->target.mtu);
        return route_pick(s->route) == PATH_XDP ? from_xdp(x, g, s, set, i, &from, report) : from_tc(g, s, set, &from, report);
}

static int put_all(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set, struct report *report)
{
        struct interface *i, *next;
        int n_there = 0, n = 0, r, full = 0;

        HASH_ITER(hh, x->interfaces, i, next) {
                if (!route_applies(s->route, i->name))
                        continue;
                n_there++;
                r = from_interface(x, g, s, set, i, report);
                n += r >= 0;
                /* What was in order a moment ago may not be so any more, and the route still up by another interface. */
                if (r < 0)
                        route_take(g, s, set, i->ifindex);
                full = route_is_full(r) ? r : full;
        }
        if (n_there == 0)
                report_add(report, "it comes in by no interface that is there: see for =, and ip link");
        return full ? full : (n > 0 ? n : -ENODEV);
}

int container_put(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set, struct report *report)
{
        struct target target;
        int r;

        s->netns = target_netns(s->route);
        r = target_find(s->route, g->ask, &target, report);
        if (r < 0)
                return r;
        if (route_pick(s->route) == PATH_XDP && !target.takes_frames) {
                report_add(report,
                           "path = xdp: %s in the container takes in no frames that XDP sends, they would be lost without a word: in it, "
                           "ethtool -K %s gro on",
                           s->route->device, s->route->device);
                return -EOPNOTSUPP;
        }
        s->target = target;
        return put_all(x, g, s, set, report);
}

bool container_changed(const struct xdp *x, const struct route_state *s)
{
        /* That the container's end no longer takes frames is told to nobody, and would lose them. */
        if (route_pick(s->route) == PATH_XDP || !s->up)
                return true;
        return x->now_ns >= s->looked_ns + LOOK_NS || target_netns(s->route) != s->netns;
}
