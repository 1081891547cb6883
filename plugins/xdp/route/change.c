/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Other routes in the place of those in force, whole or not at all. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"
#include "routing.h"

struct routing_change {
        struct route_set set;
};

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

void route_set_free(struct routing *g, struct route_set *set)
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
        int r = parts_need(x, g, set->routes);

        set->number = g->set.number + 1;
        set->states = calloc(set->routes->n + 1, sizeof(*set->states));
        if (!set->states)
                return -ENOMEM;
        for (size_t i = 0; i < set->routes->n; i++)
                begin(g, &set->states[i], &set->routes->route[i]);
        for (size_t i = 0; i < set->routes->n && r >= 0; i++)
                r = route_settle(x, g, &set->states[i], set->number);
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
                r = routing_new(x, &x->routing);
        if (r >= 0)
                r = set_make(x, x->routing, &change->set);
        if (r < 0) {
                routing_abandon(x, change);
                return r;
        }
        *ret = change;
        return 0;
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

                route_advance(g, old);
                if (new)
                        new->packets = old->packets;
                else
                        (void) x->host->object_remove(x->host, "route", old->key);
        }
        route_set_free(g, &before);
        for (size_t i = 0; i < g->set.routes->n; i++)
                route_announce(x, g, &g->set.states[i]);
        parts_trim(x, g);
}

void routing_abandon(struct xdp *x, struct routing_change *change)
{
        if (!change)
                return;
        if (x->routing) {
                route_set_free(x->routing, &change->set);
                parts_trim(x, x->routing);
        } else
                routes_free(change->set.routes);
        free(change);
}
