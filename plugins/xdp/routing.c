/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "interface.h"
#include "listener.h"
#include "netlink.h"
#include "routes.h"
#include "steer.h"
#include "table.h"
#include "target.h"
#include "tc.h"

#define SECOND_NS 1000000000ull
/* How often what is up is looked at whole: what changes inside a container, such as its addresses, is told to nobody outside. */
#define LOOK_NS (10 * SECOND_NS)

/* A route as it is now. */
struct state {
        const struct route *route;
        uint64_t key; /* its object */
        uint32_t slot;
        uint64_t packets, told; /* emitted, and what the programs said last */
        bool up, dirty;
        bool refused; /* of a listener: to look again at once is no use */
        bool announced, told_up; /* what was logged last */
        uint32_t told_ifindex;
        struct target target; /* while it is up */
        ino_t netns;
        uint64_t looked_ns;
        struct report said;
};

struct set {
        struct routes *routes;
        struct state *states; /* as many */
        uint32_t number;
};

struct routing {
        struct table table;
        struct tc *tc;       /* NULL: no route needed it so far */
        struct steer *steer; /* the same */
        bool tcx;
        int ask, links; /* netlink sockets */
        uint64_t slots[ROUTE_SLOTS / 64]; /* taken */
        struct set set;                   /* in force */
};

struct routing_change {
        struct set set;
};

/* --- the parts --- */

static void stop(struct xdp *x, struct routing *g)
{
        if (g->links >= 0) {
                (void) x->host->add_io(x->host, g->links, NULL);
                (void) close(g->links);
        }
        if (g->ask >= 0)
                (void) close(g->ask);
        tc_free(g->tc);
        steer_free(g->steer);
        table_close(&g->table);
        free(g);
}

static int on_links(void *self, int32_t fd);

static int start(struct xdp *x, struct routing **ret)
{
        struct routing *g = calloc(1, sizeof(*g));
        int r;

        if (!g)
                return -ENOMEM;
        g->ask = g->links = -1;
        g->tcx = hook_has_tcx();
        r = table_open(&g->table, x->n_cpus);
        if (r >= 0)
                r = g->ask = netlink_open(NETLINK_ROUTE, 0);
        if (r >= 0)
                r = g->links = netlink_open(NETLINK_ROUTE, RTMGRP_LINK);
        if (r >= 0)
                r = x->host->add_io(x->host, g->links, on_links);
        if (r < 0) {
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "routes cannot be had: %s", strerror(-r));
                stop(x, g);
                return r;
        }
        *ret = g;
        return 0;
}

static int need_tc(struct xdp *x, struct routing *g)
{
        char why[256] = "";
        int r;

        if (g->tc)
                return 0;
        r = tc_new(&g->table, g->tcx, &g->tc, why, sizeof(why));
        x->host->program(x->host, HOOK_PROGRAM, r < 0 ? -1 : tc_program_fd(g->tc), why);
        if (r < 0)
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "the kernel refuses the program of routes: %s", why);
        return r;
}

static int need_steer(struct xdp *x, struct routing *g)
{
        char why[256] = "";
        int r;

        if (g->steer)
                return 0;
        r = steer_new(&g->table, &g->steer, why, sizeof(why));
        x->host->program(x->host, "trimtab_lookup", r < 0 ? -1 : steer_program_fd(g->steer), why);
        if (r < 0)
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "the kernel refuses the program of routes to listeners: %s", why);
        return r;
}

/* What path = auto comes to: nothing but the keys that are there decides. */
static enum route_path pick(const struct route *route)
{
        if (route->path != PATH_AUTO)
                return route->path;
        return route->listener ? PATH_SOCKET : PATH_TC;
}

/* --- one route --- */

static void tell(struct xdp *x, struct state *s, const struct report *report)
{
        struct report lines = *report;
        char *save = NULL;

        if (strcmp(s->said.text, report->text) == 0)
                return;
        s->said = *report;
        for (char *line = strtok_r(lines.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                x->host->log(x->host, TRIMTAB_LOG_WARNING, "route %s: %s", s->route->name, line);
}

struct put {
        const struct table *table;
        struct route_target target;
        uint32_t set, ifindex;
};

static int put_key(void *userdata, const struct route_key *key)
{
        const struct put *put = userdata;
        struct route_key k = *key;

        k.set = put->set;
        k.ifindex = put->ifindex;
        return table_put(put->table, &k, &put->target);
}

static int put(const struct routing *g, const struct state *s, uint32_t set, uint32_t at, const struct link *from)
{
        struct put put = { .table = &g->table,
                           .target = { .at = at, .slot = s->slot, .ifindex = s->target.ifindex },
                           .set = set,
                           .ifindex = from->ifindex };

        memcpy(put.target.to, s->target.to, sizeof(put.target.to));
        memcpy(put.target.from, s->target.from, sizeof(put.target.from));
        memcpy(put.target.here, from->address, sizeof(put.target.here));
        return route_each_key(s->route, put_key, &put);
}

static int from_tc(struct routing *g, struct state *s, uint32_t set, const struct link *from, struct report *report)
{
        int r = tc_attach(g->tc, from->ifindex);

        if (r == -EEXIST)
                report_add(report, "%s has somebody else's filter at our place: tc filter show dev %s ingress pref %u", from->name,
                           from->name, HOOK_PRIORITY);
        else if (r < 0)
                report_add(report, "the program cannot be attached to %s: %s", from->name, strerror(-r));
        return r < 0 ? r : put(g, s, set, ROUTE_AT_TC, from);
}

/* From one interface: 0, or why not is told; -E2BIG and -ENOMEM: there is no room. */
static int from_interface(struct routing *g, struct state *s, uint32_t set, const struct interface *i, struct report *report)
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
        return from_tc(g, s, set, &from, report);
}

static bool is_full(int r)
{
        return r == -E2BIG || r == -ENOMEM;
}

static int put_all(struct xdp *x, struct routing *g, struct state *s, uint32_t set, struct report *report)
{
        struct interface *i, *next;
        int n = 0, r, full = 0;

        HASH_ITER(hh, x->interfaces, i, next) {
                if (!route_applies(s->route, i->name))
                        continue;
                r = from_interface(g, s, set, i, report);
                n += r >= 0;
                full = is_full(r) ? r : full;
        }
        if (n == 0 && !full)
                report_add(report, "it comes in by no interface that is there");
        return full ? full : (n > 0 ? n : -ENODEV);
}

/* --- one route, to a listener --- */

static const char *protocol_name(uint8_t protocol)
{
        return protocol == IPPROTO_UDP ? "UDP" : "TCP";
}

static int put_socket(struct routing *g, const struct state *s, uint8_t protocol, uint8_t family, struct report *report)
{
        uint16_t port = s->route->listener;
        int fd = listener_find(protocol, family, port), r;

        if (fd < 0) {
                report_add(report, "%s port %u of IPv%u: %s", protocol_name(protocol), port, family,
                           fd == -ENOENT  ? "nobody listens there yet"
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
static int each_socket(const struct state *s, int (*call)(struct routing *g, const struct state *s, uint8_t protocol, uint8_t family,
                                                          struct report *report),
                       struct routing *g, struct report *report)
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

static int has_socket(struct routing *g, const struct state *s, uint8_t protocol, uint8_t family, struct report *report)
{
        return steer_has(g->steer, ROUTE_SOCKET_AT(s->slot, protocol, family)) ? 0 : -ENOENT;
}

static int take_socket(struct routing *g, const struct state *s, uint8_t protocol, uint8_t family, struct report *report)
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

static int put_listener(struct routing *g, struct state *s, uint32_t set, struct report *report)
{
        struct put put = { .table = &g->table, .target = { .at = ROUTE_AT_SOCKET, .slot = s->slot }, .set = set };
        int r = look_at_vips_here(g, s->route, report);

        if (r >= 0)
                r = each_socket(s, put_socket, g, report);
        s->refused = r == -EPERM || r == -ESRCH;
        return r >= 0 ? route_each_key(s->route, put_key, &put) : r;
}

/* --- what is told --- */

static void describe(const struct routing *g, const struct state *s, char *ret, size_t size)
{
        static const char *const why[_PATH_MAX] = {
                [PATH_TC] = " (auto: fits any driver; xdp is for who asks for it)",
                [PATH_SOCKET] = " (auto: there is a listener in place of a container)",
        };
        enum route_path path = pick(s->route);

        (void) snprintf(ret, size, "%s%s%s", route_path_names[path],
                        path != PATH_TC ? ""
                        : g->tcx        ? ", by tcx links"
                                        : ", by filters of clsact, as the kernel has no tcx links",
                        s->route->path == PATH_AUTO ? why[path] : "");
}

/* What has become of it, to be seen with its object. */
static void show(struct xdp *x, const struct state *s, const char *text)
{
        (void) x->host->object_remove(x->host, "route", s->key);
        (void) x->host->object_add(x->host, "route", s->key, s->route->name, text);
}

static void announce(struct xdp *x, const struct routing *g, struct state *s)
{
        char text[192] = "down";

        if (s->announced && s->up == s->told_up && (!s->up || s->target.ifindex == s->told_ifindex))
                return;
        if (s->up) {
                describe(g, s, text, sizeof(text));
                if (s->route->listener)
                        x->host->log(x->host, TRIMTAB_LOG_INFO, "route %s: up, to the listener at port %u: %s", s->route->name,
                                     s->route->listener, text);
                else
                        x->host->log(x->host, TRIMTAB_LOG_INFO, "route %s: up, by %s into %s of %s: %s", s->route->name, s->target.name,
                                     s->route->device, s->route->netns, text);
        } else if (s->announced)
                x->host->log(x->host, TRIMTAB_LOG_NOTICE, "route %s: down: its packets go the kernel's way", s->route->name);
        s->announced = true;
        s->told_up = s->up;
        s->told_ifindex = s->target.ifindex;
        show(x, s, text);
}

static struct table_match of_slot(uint32_t slot)
{
        struct table_match m = TABLE_ALL;

        m.slot = slot;
        return m;
}

static int put_container(struct xdp *x, struct routing *g, struct state *s, uint32_t set, struct report *report)
{
        struct target target;
        int r;

        s->netns = target_netns(s->route);
        r = target_find(s->route, g->ask, &target, report);
        if (r < 0)
                return r;
        s->target = target;
        return put_all(x, g, s, set, report);
}

static void take(struct routing *g, const struct state *s)
{
        (void) table_take(&g->table, of_slot(s->slot));
        if (s->route->listener && g->steer)
                (void) each_socket(s, take_socket, g, NULL);
}

/* Has it up or down as the container is there or not, in a set that need not be in force yet. < 0: there is no room for its entries. */
static int settle(struct xdp *x, struct routing *g, struct state *s, uint32_t set)
{
        struct report report = {};
        int r;

        s->dirty = false;
        s->looked_ns = x->now_ns;
        r = s->route->listener ? put_listener(g, s, set, &report) : put_container(x, g, s, set, &report);
        if (is_full(r))
                report_add(&report, "there is no room for it: of %u entries an address, protocol, port and interface takes one each",
                           ROUTE_ENTRIES_MAX);
        tell(x, s, &report);
        s->up = r >= 0;
        if (!s->up)
                take(g, s);
        return is_full(r) ? r : 0;
}

void routing_settle(struct xdp *x)
{
        struct routing *g = x->routing;
        bool changed = false;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct state *s = &g->set.states[i];
                bool was = s->up;

                if (!s->dirty)
                        continue;
                (void) settle(x, g, s, g->set.number);
                announce(x, g, s);
                changed |= was != s->up;
        }
        if (changed)
                x->host->wake(x->host);
}

/* --- what changes --- */

static void mark(void *userdata, uint32_t ifindex)
{
        struct routing *g = userdata;

        for (size_t i = 0; g->set.routes && i < g->set.routes->n; i++) {
                struct state *s = &g->set.states[i];

                s->dirty |= !s->route->listener && (ifindex == 0 || !s->up || s->target.ifindex == ifindex);
        }
}

static int on_links(void *self, int32_t fd)
{
        struct xdp *x = self;
        int r = netlink_read_links(fd, mark, x->routing);

        routing_settle(x);
        return r;
}

static bool has_changed(const struct xdp *x, struct routing *g, const struct state *s)
{
        bool due = x->now_ns >= s->looked_ns + LOOK_NS;

        if (!s->route->listener)
                return !s->up || due || target_netns(s->route) != s->netns;
        /* To look through all processes costs too much to be done in vain every second. */
        return s->up ? each_socket(s, has_socket, g, NULL) < 0 : !s->refused || due;
}

void routing_look(struct xdp *x)
{
        struct routing *g = x->routing;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct state *s = &g->set.states[i];

                s->dirty |= has_changed(x, g, s);
        }
        routing_settle(x);
}

void routing_touch(struct xdp *x, uint32_t ifindex)
{
        const struct interface *it = interface_find(x, ifindex);
        struct table_match m = TABLE_ALL;
        struct routing *g = x->routing;
        int n;

        if (!g) {
                /* What a process before us has left behind must not wait for the first route. */
                if (it && !hook_has_tcx() && hook_sweep(ifindex) > 0)
                        x->host->log(x->host, TRIMTAB_LOG_NOTICE, "%s: took off what a trimtab that was killed had left there", it->name);
                return;
        }
        m.ifindex = ifindex;
        n = table_take(&g->table, m);
        if (g->tc)
                tc_detach(g->tc, ifindex);
        for (size_t i = 0; g->set.routes && i < g->set.routes->n; i++)
                g->set.states[i].dirty |= n > 0 || (it && route_applies(g->set.states[i].route, it->name));
}

/* --- other routes --- */

static struct state *find(const struct set *set, const char *name)
{
        for (size_t i = 0; set->routes && i < set->routes->n; i++)
                if (strcmp(set->states[i].route->name, name) == 0)
                        return &set->states[i];
        return NULL;
}

/* There are twice as many as routes. */
static uint32_t take_slot(struct routing *g)
{
        for (uint32_t slot = 0; slot < ROUTE_SLOTS; slot++)
                if (!(g->slots[slot / 64] >> slot % 64 & 1)) {
                        g->slots[slot / 64] |= 1ull << slot % 64;
                        return slot;
                }
        return ROUTE_SLOTS - 1;
}

static void give_slot(struct routing *g, uint32_t slot)
{
        g->slots[slot / 64] &= ~(1ull << slot % 64);
}

static void begin(struct routing *g, struct state *s, const struct route *route)
{
        const struct state *before = find(&g->set, route->name);

        if (before)
                *s = *before;
        s->route = route;
        s->up = false;
        s->slot = take_slot(g);
        s->key = name_key(route->name);
        s->told = table_packets(&g->table, s->slot);
}

static bool needs(const struct routes *routes, enum route_path path)
{
        for (size_t i = 0; i < routes->n; i++)
                if (pick(&routes->route[i]) == path)
                        return true;
        return false;
}

static bool is_needed(void *userdata, uint32_t ifindex)
{
        struct xdp *x = userdata;
        const struct interface *it = interface_find(x, ifindex);
        const struct set *set = &x->routing->set;

        for (size_t i = 0; it && set->routes && i < set->routes->n; i++)
                if (set->states[i].up && pick(set->states[i].route) == PATH_TC && route_applies(set->states[i].route, it->name))
                        return true;
        return false;
}

/* Takes off what the routes in force do not need. */
static void trim(struct xdp *x, struct routing *g)
{
        if (!g->set.routes || !needs(g->set.routes, PATH_SOCKET))
                g->steer = steer_free(g->steer);
        if (!g->set.routes || !needs(g->set.routes, PATH_TC))
                g->tc = tc_free(g->tc);
        if (g->tc)
                tc_trim(g->tc, is_needed, x);
}

static void set_free(struct routing *g, struct set *set)
{
        struct table_match all_of_it = TABLE_ALL;

        all_of_it.set = set->number;
        (void) table_take(&g->table, all_of_it);
        for (size_t i = 0; set->states && i < set->routes->n; i++) {
                if (set->states[i].route->listener && g->steer)
                        (void) each_socket(&set->states[i], take_socket, g, NULL);
                give_slot(g, set->states[i].slot);
        }
        free(set->states);
        routes_free(set->routes);
        *set = (struct set){};
}

static int set_make(struct xdp *x, struct routing *g, struct set *set)
{
        int r = needs(set->routes, PATH_TC) ? need_tc(x, g) : 0;

        if (r >= 0 && needs(set->routes, PATH_SOCKET))
                r = need_steer(x, g);
        set->number = g->set.number + 1;
        set->states = calloc(set->routes->n + 1, sizeof(*set->states));
        if (!set->states)
                return -ENOMEM;
        for (size_t i = 0; i < set->routes->n; i++)
                begin(g, &set->states[i], &set->routes->route[i]);
        for (size_t i = 0; i < set->routes->n && r >= 0; i++)
                r = settle(x, g, &set->states[i], set->number);
        return r;
}

int routing_prepare(struct xdp *x, const struct trimtab_entry *const *entries, uint32_t n, uint32_t section, struct routing_change **ret)
{
        struct routing_change *change;
        char why[256] = "";
        int r;

        *ret = NULL;
        change = calloc(1, sizeof(*change));
        if (!change)
                return -ENOMEM;
        r = routes_read(entries, n, section, &change->set.routes, why, sizeof(why));
        if (r < 0)
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s", why);
        if (r < 0 || (!x->routing && change->set.routes->n == 0)) {
                routes_free(change->set.routes);
                free(change);
                return r;
        }
        if (!x->routing)
                r = start(x, &x->routing);
        if (r >= 0)
                r = set_make(x, x->routing, &change->set);
        if (r < 0) {
                routing_abandon(x, change);
                return r;
        }
        *ret = change;
        return 0;
}

static void advance(const struct routing *g, struct state *s)
{
        uint64_t now = table_packets(&g->table, s->slot);

        s->packets += now - s->told;
        s->told = now;
}

void routing_commit(struct xdp *x, struct routing_change *change)
{
        struct routing *g = x->routing;
        struct set before;

        if (!change)
                return;
        (void) table_switch(&g->table, change->set.number);
        before = g->set;
        g->set = change->set;
        free(change);

        for (size_t i = 0; before.routes && i < before.routes->n; i++) {
                struct state *old = &before.states[i], *new = find(&g->set, old->route->name);

                advance(g, old);
                if (new)
                        new->packets = old->packets;
                else
                        (void) x->host->object_remove(x->host, "route", old->key);
        }
        set_free(g, &before);
        for (size_t i = 0; i < g->set.routes->n; i++)
                announce(x, g, &g->set.states[i]);
        trim(x, g);
}

void routing_abandon(struct xdp *x, struct routing_change *change)
{
        if (!change)
                return;
        if (x->routing) {
                set_free(x->routing, &change->set);
                trim(x, x->routing);
        } else
                routes_free(change->set.routes);
        free(change);
}

void routing_emit(struct xdp *x, uint32_t packets_metric, uint32_t up_metric)
{
        struct routing *g = x->routing;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct state *s = &g->set.states[i];

                advance(g, s);
                (void) x->host->emit(x->host, packets_metric, s->key, (double) s->packets);
                (void) x->host->emit(x->host, up_metric, s->key, s->up);
        }
}

void routing_free(struct xdp *x)
{
        struct routing *g = x->routing;

        if (!g)
                return;
        set_free(g, &g->set);
        stop(x, g);
        x->routing = NULL;
}
