/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../items.h"

static int read_netns(const struct trimtab_items *items, char **ret)
{
        char path[ROUTE_NETNS_SIZE];
        int r;

        if (items->n == 0)
                return 0;
        r = route_parse_netns(items->texts[0], path, sizeof(path), NULL, 0);
        if (r < 0)
                return r;
        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
}

static int read_route(const struct trimtab_entry *e, struct route *route)
{
        const struct trimtab_items *items = e->items;
        int r;

        route->name = strdup(e->name);
        if (!route->name)
                return -ENOMEM;
        route->path = route_path_of(e);
        if (items[ROUTE_LISTENER].n > 0)
                route->listener = (uint16_t) items[ROUTE_LISTENER].numbers[0];
        if (items[ROUTE_DEVICE].n > 0 && !(route->device = strdup(items[ROUTE_DEVICE].texts[0])))
                return -ENOMEM;

        r = read_netns(&items[ROUTE_NETNS], &route->netns);
        if (r >= 0)
                r = items_read_prefixes(&items[ROUTE_VIP], &route->vips, &route->n_vips);
        if (r >= 0)
                r = items_read_ranges(&items[ROUTE_PORT], &route->ports, &route->n_ports);
        if (r >= 0)
                r = items_read_protocols(&items[ROUTE_PROTOCOL], &route->protocols, &route->n_protocols);
        return r >= 0 ? items_read_interfaces(&items[ROUTE_FOR], &route->interfaces, &route->n_interfaces) : r;
}

static bool share_vip(const struct route *a, const struct route *b)
{
        for (size_t i = 0; i < a->n_vips; i++)
                for (size_t j = 0; j < b->n_vips; j++)
                        if (memcmp(&a->vips[i], &b->vips[j], sizeof(a->vips[i])) == 0)
                                return true;
        return false;
}

static bool share_port(const struct route *a, const struct route *b)
{
        for (size_t i = 0; i < a->n_ports; i++)
                for (size_t j = 0; j < b->n_ports; j++)
                        if (a->ports[i].first <= b->ports[j].last && b->ports[j].first <= a->ports[i].last)
                                return true;
        return false;
}

static bool share_protocol(const struct route *a, const struct route *b)
{
        for (size_t i = 0; i < a->n_protocols; i++)
                if (memchr(b->protocols, a->protocols[i], b->n_protocols))
                        return true;
        return false;
}

/* As far as can be told of globs: one of them is the other's, or names one that is. */
static bool share_interface(const struct route *a, const struct route *b)
{
        for (size_t i = 0; i < a->n_interfaces; i++)
                for (size_t j = 0; j < b->n_interfaces; j++)
                        if (fnmatch(a->interfaces[i], b->interfaces[j], 0) == 0 || fnmatch(b->interfaces[j], a->interfaces[i], 0) == 0)
                                return true;
        return a->n_interfaces == 0 && b->n_interfaces == 0;
}

static const struct route *find_rival(const struct routes *routes, const struct route *route)
{
        for (size_t i = 0; i < routes->n; i++) {
                const struct route *other = &routes->route[i];

                if (other != route && share_vip(other, route) && share_protocol(other, route) && share_port(other, route) &&
                    share_interface(other, route))
                        return other;
        }
        return NULL;
}

int routes_read(const struct trimtab_entry *const *entries, uint32_t n, uint32_t section, struct routes **ret, char *why, size_t size)
{
        struct routes *routes = calloc(1, sizeof(*routes));
        int r = 0;

        if (!routes || !(routes->route = calloc(n + 1, sizeof(*routes->route))))
                r = -ENOMEM;
        for (uint32_t i = 0; i < n && r >= 0; i++) {
                struct route *route = &routes->route[routes->n];
                const struct route *rival;

                if (entries[i]->section != section)
                        continue;
                routes->n++;
                r = read_route(entries[i], route);
                if (r >= 0 && (rival = find_rival(routes, route))) {
                        (void) snprintf(why, size, "the routes %s and %s take the same packets", rival->name, route->name);
                        r = -EEXIST;
                }
        }
        if (r >= 0 && routes->n > ROUTES_MAX) {
                (void) snprintf(why, size, "more than %u routes: ports and addresses that lead to the same place can be one", ROUTES_MAX);
                r = -E2BIG;
        }
        if (r == -ENOMEM)
                (void) snprintf(why, size, "%s", strerror(ENOMEM));
        if (r < 0) {
                routes_free(routes);
                return r;
        }
        *ret = routes;
        return 0;
}

struct routes *routes_free(struct routes *r)
{
        if (!r)
                return NULL;
        for (size_t i = 0; r->route && i < r->n; i++) {
                struct route *one = &r->route[i];

                for (size_t j = 0; j < one->n_interfaces; j++)
                        free(one->interfaces[j]);
                free(one->interfaces);
                free(one->name);
                free(one->vips);
                free(one->ports);
                free(one->protocols);
                free(one->netns);
                free(one->device);
        }
        free(r->route);
        free(r);
        return NULL;
}

bool route_applies(const struct route *r, const char *interface)
{
        for (size_t i = 0; i < r->n_interfaces; i++)
                if (fnmatch(r->interfaces[i], interface, 0) == 0)
                        return true;
        return false;
}

static int each_port(const struct route *r, struct route_key *key, int (*call)(void *userdata, const struct route_key *key), void *userdata)
{
        for (size_t i = 0; i < r->n_ports; i++)
                for (uint32_t port = r->ports[i].first; port <= r->ports[i].last; port++) {
                        int k;

                        key->port = (uint16_t) port;
                        k = call(userdata, key);
                        if (k < 0)
                                return k;
                }
        return 0;
}

int route_each_key(const struct route *r, int (*call)(void *userdata, const struct route_key *key), void *userdata)
{
        for (size_t v = 0; v < r->n_vips; v++)
                for (size_t p = 0; p < r->n_protocols; p++) {
                        struct route_key key = { .protocol = r->protocols[p], .family = r->vips[v].family };
                        int k;

                        memcpy(key.address, r->vips[v].bytes, r->vips[v].family == 4 ? 4 : 16);
                        k = each_port(r, &key, call, userdata);
                        if (k < 0)
                                return k;
                }
        return 0;
}
