/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routing.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "interface.h"
#include "netlink.h"
#include "routing-room.h"
#include "table.h"

struct routing_change {
        struct route_set set;
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
        g->tcx = x->tcx && hook_has_tcx();
        g->table = &x->table;
        r = table_need(g->table, x->n_cpus);
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
        r = tc_new(x->host, g->table, g->tcx, &g->tc, why, sizeof(why));
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
        r = steer_new(g->table, &g->steer, why, sizeof(why));
        x->host->program(x->host, "trimtab_lookup", r < 0 ? -1 : steer_program_fd(g->steer), why);
        if (r < 0)
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "the kernel refuses the program of routes to listeners: %s", why);
        return r;
}

enum route_path route_pick(const struct route *route)
{
        if (route->path != PATH_AUTO)
                return route->path;
        return route->listener ? PATH_SOCKET : PATH_TC;
}

/* --- one route --- */

static void tell(struct xdp *x, struct route_state *s, const struct report *report)
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

int route_put(const struct routing *g, const struct route_state *s, uint32_t set, uint32_t ifindex, const struct route_target *target)
{
        struct put put = { .table = g->table, .target = *target, .set = set, .ifindex = ifindex };

        return route_each_key(s->route, put_key, &put);
}

bool route_is_full(int error)
{
        return error == -E2BIG || error == -ENOMEM;
}

/* --- what is told --- */

static void describe(const struct xdp *x, const struct routing *g, const struct route_state *s, char *ret, size_t size)
{
        static const char *const why[_PATH_MAX] = {
                [PATH_TC] = " (auto: fits any driver; xdp is for who asks for it)",
                [PATH_SOCKET] = " (auto: there is a listener in place of a container)",
        };
        enum route_path path = route_pick(s->route);

        (void) snprintf(ret, size, "%s%s%s", route_path_names[path],
                        path != PATH_TC ? ""
                        : g->tcx        ? ", by tcx links"
                                        : x->tcx         ? ", by filters of clsact, as the kernel has no tcx links"
                                        : ", by filters of clsact, as tcx = no says",
                        s->route->path == PATH_AUTO ? why[path] : "");
}

/* What has become of it, to be seen with its object. */
static void show(struct xdp *x, const struct route_state *s, const char *text)
{
        (void) x->host->object_remove(x->host, "route", s->key);
        (void) x->host->object_add(x->host, "route", s->key, s->route->name, text);
}

static void announce(struct xdp *x, const struct routing *g, struct route_state *s)
{
        char text[192] = "down";

        if (s->announced && s->up == s->told_up && (!s->up || s->target.ifindex == s->told_ifindex))
                return;
        if (s->up) {
                describe(x, g, s, text, sizeof(text));
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

static void take(struct routing *g, const struct route_state *s)
{
        (void) table_take(g->table, of_slot(s->slot));
        if (s->route->listener && g->steer)
                listener_take(g, s);
}

/* Has it up or down as the container is there or not, in a set that need not be in force yet. < 0: there is no room for its entries. */
static int settle(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set)
{
        struct report report = {};
        int r;

        s->dirty = false;
        s->looked_ns = x->now_ns;
        r = s->route->listener ? listener_put(g, s, set, &report) : container_put(x, g, s, set, &report);
        if (route_is_full(r))
                report_add(&report, "there is no room for it: of %u entries an address, protocol, port and interface takes one each",
                           ROUTE_ENTRIES_MAX);
        tell(x, s, &report);
        s->up = r >= 0;
        if (!s->up)
                take(g, s);
        return route_is_full(r) ? r : 0;
}

void routing_settle(struct xdp *x)
{
        struct routing *g = x->routing;
        bool changed = false;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct route_state *s = &g->set.states[i];
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
                struct route_state *s = &g->set.states[i];

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

void routing_look(struct xdp *x)
{
        struct routing *g = x->routing;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct route_state *s = &g->set.states[i];

                s->dirty |= s->route->listener ? listener_changed(x, g, s) : container_changed(x, s);
        }
        routing_settle(x);
}

void routing_touch(struct xdp *x, uint32_t ifindex)
{
        const struct interface *it = interface_find(x, ifindex);
        struct table_match m = TABLE_ALL;
        struct routing *g = x->routing;
        int n;

        if (!g)
                return;
        m.ifindex = ifindex;
        n = table_take(g->table, m);
        if (g->tc)
                tc_detach(g->tc, ifindex);
        for (size_t i = 0; g->set.routes && i < g->set.routes->n; i++)
                g->set.states[i].dirty |= n > 0 || (it && route_applies(g->set.states[i].route, it->name));
}

/* --- other routes --- */

static struct route_state *find(const struct route_set *set, const char *name)
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

static void begin(struct routing *g, struct route_state *s, const struct route *route)
{
        const struct route_state *before = find(&g->set, route->name);

        if (before)
                *s = *before;
        s->route = route;
        s->up = false;
        s->slot = take_slot(g);
        s->key = name_key(route->name);
        s->told = table_packets(g->table, s->slot);
}

static bool needs(const struct routes *routes, enum route_path path)
{
        for (size_t i = 0; i < routes->n; i++)
                if (route_pick(&routes->route[i]) == path)
                        return true;
        return false;
}

static bool is_needed(void *userdata, uint32_t ifindex)
{
        struct xdp *x = userdata;
        const struct interface *it = interface_find(x, ifindex);
        const struct route_set *set = &x->routing->set;

        for (size_t i = 0; it && set->routes && i < set->routes->n; i++)
                if (set->states[i].up && route_pick(set->states[i].route) == PATH_TC && route_applies(set->states[i].route, it->name))
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

static void set_free(struct routing *g, struct route_set *set)
{
        struct table_match all_of_it = TABLE_ALL;

        all_of_it.set = set->number;
        (void) table_take(g->table, all_of_it);
        for (size_t i = 0; set->states && i < set->routes->n; i++) {
                if (set->states[i].route->listener && g->steer)
                        listener_take(g, &set->states[i]);
                give_slot(g, set->states[i].slot);
        }
        free(set->states);
        routes_free(set->routes);
        *set = (struct route_set){};
}

static int set_make(struct xdp *x, struct routing *g, struct route_set *set)
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

static void advance(const struct routing *g, struct route_state *s)
{
        uint64_t now = table_packets(g->table, s->slot);

        s->packets += now - s->told;
        s->told = now;
}

void routing_commit(struct xdp *x, struct routing_change *change)
{
        struct routing *g = x->routing;
        struct route_set before;

        if (!change)
                return;
        (void) table_switch(g->table, change->set.number);
        before = g->set;
        g->set = change->set;
        free(change);

        for (size_t i = 0; before.routes && i < before.routes->n; i++) {
                struct route_state *old = &before.states[i], *new = find(&g->set, old->route->name);

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
                struct route_state *s = &g->set.states[i];

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
