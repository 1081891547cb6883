/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happens to routes while they are in force. */

#include "routing.h"

#include "../interface.h"
#include "netlink.h"
#include "room.h"

void routing_settle(struct xdp *x)
{
        struct routing *g = x->routing;
        bool changed = false;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct route_state *s = &g->set.states[i];
                bool was = s->up;

                if (!s->dirty)
                        continue;
                (void) route_settle(x, g, s, g->set.number);
                route_announce(x, g, s);
                changed |= was != s->up;
        }
        if (changed)
                x->host->wake(x->host);
}

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

int routing_new(struct xdp *x, struct routing **ret)
{
        return parts_new(x, on_links, ret);
}

void routing_emit(struct xdp *x, uint32_t packets_metric, uint32_t up_metric)
{
        struct routing *g = x->routing;

        for (size_t i = 0; g && g->set.routes && i < g->set.routes->n; i++) {
                struct route_state *s = &g->set.states[i];

                route_advance(g, s);
                (void) x->host->emit(x->host, packets_metric, s->key, (double) s->packets);
                (void) x->host->emit(x->host, up_metric, s->key, s->up);
        }
}

void routing_free(struct xdp *x)
{
        struct routing *g = x->routing;

        if (!g)
                return;
        route_set_free(g, &g->set);
        parts_free(x, g);
        x->routing = NULL;
}
