/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Routes to listeners in the daemon's own namespace. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"
#include "netlink.h"
#include "room.h"

static const char *protocol_name(uint8_t protocol)
{
        return protocol == IPPROTO_UDP ? "UDP" : "TCP";
}

static int put_socket(const struct routing *g, const struct route_state *s, uint8_t protocol, uint8_t family, struct report *report)
{
        uint16_t port = s->route->listener;
        int fd = listener_find(protocol, family, port), r;

        if (fd < 0) {
                report_add(report, "%s port %u of IPv%u: %s", protocol_name(protocol), port, family,
                           fd == -ENOENT  ? "nobody listens there yet"
                           : fd == -ESRCH ? "who listens there is none of the processes to be seen: is it in another PID namespace?"
                           : fd == -EPERM ? "who listens there cannot be asked for the socket: it takes CAP_SYS_PTRACE and pidfd_getfd(2)"
                                          : strerror(-fd));
                return fd;
        }
        r = steer_put(g->steer, ROUTE_SOCKET_AT(s->slot, protocol, family), fd);
        (void) close(fd);
        if (r < 0)
                report_add(report, "the socket of %s port %u cannot be had: %s", protocol_name(protocol), port, strerror(-r));
        return r;
}

/* Calls for each place that the route has a socket at, until one fails. */
static int each_socket(const struct route_state *s, int (*call)(const struct routing *g, const struct route_state *s, uint8_t protocol, uint8_t family,
                                                          struct report *report),
                       const struct routing *g, struct report *report)
{
        bool done[2] = {};

        for (size_t v = 0; v < s->route->n_vips; v++) {
                uint8_t family = s->route->vips[v].family;

                if (done[family == 6])
                        continue;
                done[family == 6] = true;
                for (size_t p = 0; p < s->route->n_protocols; p++) {
                        int r = call(g, s, s->route->protocols[p], family, report);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int has_socket(const struct routing *g, const struct route_state *s, uint8_t protocol, uint8_t family, struct report *report)
{
        return steer_has(g->steer, ROUTE_SOCKET_AT(s->slot, protocol, family)) ? 0 : -ENOENT;
}

static int take_socket(const struct routing *g, const struct route_state *s, uint8_t protocol, uint8_t family, struct report *report)
{
        steer_take(g->steer, ROUTE_SOCKET_AT(s->slot, protocol, family));
        return 0;
}

/* A packet for an address that is not ours is not looked up here; an answer of UDP bears the listener's port. */
static int look_at_vips_here(const struct routing *g, const struct route *route, struct report *report)
{
        int r = 0;

        for (size_t i = 0; i < route->n_vips; i++) {
                const struct prefix *vip = &route->vips[i];
                char name[INET6_ADDRSTRLEN] = "?";
                uint32_t device;
                uint8_t type;

                if (netlink_route(g->ask, vip->family, vip->bytes, &type, &device) >= 0 && type == RTN_LOCAL)
                        continue;
                (void) inet_ntop(vip->family == 4 ? AF_INET : AF_INET6, vip->bytes, name, sizeof(name));
                report_add(report, "%s is not an address of this network namespace: ip addr add %s/%u dev lo", name, name, vip->length);
                r = -EADDRNOTAVAIL;
        }
        if (memchr(route->protocols, IPPROTO_UDP, route->n_protocols) &&
            (route->n_ports > 1 || route->ports[0].first != route->listener || route->ports[0].last != route->listener))
                report_add(report, "answers of UDP come from port %u, where their clients do not expect them unless it is the route's too",
                           route->listener);
        return r;
}

int listener_put(struct routing *g, struct route_state *s, uint32_t set, struct report *report)
{
        const struct route_target target = { .at = ROUTE_AT_SOCKET, .slot = s->slot };
        int r = look_at_vips_here(g, s->route, report);

        if (r >= 0)
                r = each_socket(s, put_socket, g, report);
        s->refused = r == -EPERM || r == -ESRCH;
        return r >= 0 ? route_put(g, s, set, 0, &target) : r;
}

bool listener_changed(const struct xdp *x, const struct routing *g, const struct route_state *s)
{
        if (s->up)
                return each_socket(s, has_socket, g, NULL) < 0;
        /* To look through all processes costs too much to be done in vain every second. */
        return !s->refused || x->now_ns >= s->looked_ns + LOOK_NS;
}

void listener_take(const struct routing *g, const struct route_state *s)
{
        (void) each_socket(s, take_socket, g, NULL);
}
