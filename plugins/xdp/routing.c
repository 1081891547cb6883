/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routing.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "interface.h"
#include "netlink.h"
#include "routes.h"
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
        struct tc *tc; /* NULL: no route needed it so far */
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
                r = g->ask = netlink_open(0);
        if (r >= 0)
                r = g->links = netlink_open(RTMGRP_LINK);
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
        if (full)
                report_add(report, "there is no room for it: of %u entries an address, protocol, port and interface takes one each",
                           ROUTE_ENTRIES_MAX);
        else if (n == 0)
                report_add(report, "it comes in by no interface that is there");
        return full ? full : (n > 0 ? n : -ENODEV);
}

static const char *how(const struct routing *g)
{
        return g->tcx ? "tc, by tcx links" : "tc, by filters of clsact, as the kernel has no tcx links";
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
                (void) snprintf(text, sizeof(text), "%s%s", how(g),
                                s->route->path == PATH_AUTO ? " (auto: fits any driver; xdp is for who asks for it)" : "");
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

/* Has it up or down as the container is there or not, in a set that need not be in force yet. < 0: there is no room for its entries. */
static int settle(struct xdp *x, struct routing *g, struct state *s, uint32_t set)
{
        struct report report = {};
        struct target target;
        int r;

        s->dirty = false;
        s->looked_ns = x->now_ns;
        s->netns = target_netns(s->route);
        r = target_find(s->route, g->ask, &target, &report);
        if (r >= 0) {
                s->target = target;
                r = put_all(x, g, s, set, &report);
        }
        tell(x, s, &report);
        s->up = r >= 0;
        if (!s->up)
                (void) table_take(&g->table, of_slot(s->slot));
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

                s->dirty |= ifindex == 0 || !s->up || s->target.ifindex == ifindex;
        }
}

static int on_links(void *self, int32_t fd)
{
        struct xdp *x = self;
        int r = netlink_read_links(fd, mark, x->routing);

        routing_settle(x);
        return r;
}

void routing_look(struct xdp *x)
{
        struct routing *g = x->routing;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct state *s = &g->set.states[i];

                s->dirty |= !s->up || x->now_ns >= s->looked_ns + LOOK_NS || target_netns(s->route) != s->netns;
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

static bool needs_tc(const struct routes *routes)
{
        for (size_t i = 0; i < routes->n; i++)
                if (routes->route[i].path != PATH_XDP && !routes->route[i].listener)
                        return true;
        return false;
}

static bool is_needed(void *userdata, uint32_t ifindex)
{
        struct xdp *x = userdata;
        const struct interface *it = interface_find(x, ifindex);
        const struct set *set = &x->routing->set;

        for (size_t i = 0; it && set->routes && i < set->routes->n; i++)
                if (set->states[i].up && route_applies(set->states[i].route, it->name))
                        return true;
        return false;
}

static void set_free(struct routing *g, struct set *set)
{
        struct table_match all_of_it = TABLE_ALL;

        all_of_it.set = set->number;
        (void) table_take(&g->table, all_of_it);
        for (size_t i = 0; set->states && i < set->routes->n; i++)
                give_slot(g, set->states[i].slot);
        free(set->states);
        routes_free(set->routes);
        *set = (struct set){};
}

static int set_make(struct xdp *x, struct routing *g, struct set *set)
{
        int r = needs_tc(set->routes) ? need_tc(x, g) : 0;

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
        if (g->tc)
                tc_trim(g->tc, is_needed, x);
}

void routing_abandon(struct xdp *x, struct routing_change *change)
{
        if (!change)
                return;
        if (x->routing) {
                set_free(x->routing, &change->set);
                if (x->routing->tc)
                        tc_trim(x->routing->tc, is_needed, x);
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
