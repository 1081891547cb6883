/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"

const char *const route_path_names[_PATH_MAX + 1] = { "auto", "tc", "xdp", "socket", NULL };

static int check_vip(const char *item, char *why, uint32_t size)
{
        struct prefix p;
        int r = parse_prefix(item, &p, why, size);

        if (r < 0)
                return r;
        return p.length == (p.family == 4 ? 32 : 128) ? 0 : refuse(why, size, "expected an address, not a prefix");
}

static int check_protocol(const char *item, char *why, uint32_t size)
{
        if (strcmp(item, "tcp") == 0 || strcmp(item, "udp") == 0)
                return 0;
        return refuse(why, size, "expected tcp or udp");
}

/* The path of a network namespace's file, of its name, "pid:N" or that path. */
static int parse_netns(const char *item, char *ret, size_t ret_size, char *why, uint32_t size)
{
        int n;

        if (item[0] == '/')
                n = snprintf(ret, ret_size, "%s", item);
        else if (strncmp(item, "pid:", 4) == 0 && item[4] && strspn(item + 4, "0123456789") == strlen(item + 4))
                n = snprintf(ret, ret_size, "/proc/%s/ns/net", item + 4);
        else if (item[0] && item[0] != '.' && !strpbrk(item, "/:"))
                n = snprintf(ret, ret_size, "/run/netns/%s", item);
        else
                return refuse(why, size, "expected a name in /run/netns, an absolute path such as /proc/1234/ns/net, or pid:1234");
        return (size_t) n < ret_size ? 0 : refuse(why, size, "that is too long");
}

#define NETNS_SIZE 1024

static int check_netns(const char *item, char *why, uint32_t size)
{
        char path[NETNS_SIZE];

        return parse_netns(item, path, sizeof(path), why, size);
}

static int check_device(const char *item, char *why, uint32_t size)
{
        return *item && strlen(item) < IF_NAMESIZE ? 0 : refuse(why, size, "expected the name of a device, such as eth0");
}

const struct trimtab_key route_section_keys[_ROUTE_KEY_MAX] = {
        [ROUTE_VIP] = { .name = "vip",
                        .help = "addresses that it goes to, which are the container's own",
                        .type = TRIMTAB_KEY_TEXT,
                        .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                        .check = check_vip },
        [ROUTE_PROTOCOL] = { .name = "protocol",
                             .help = "tcp, udp or both",
                             .type = TRIMTAB_KEY_TEXT,
                             .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                             .check = check_protocol },
        [ROUTE_PORT] = { .name = "port",
                         .help = "ports and ranges that it goes to",
                         .type = TRIMTAB_KEY_TEXT,
                         .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                         .check = item_check_range },
        [ROUTE_FOR] = { .name = "for",
                        .help = "interfaces that it comes in by, as iface:GLOB",
                        .type = TRIMTAB_KEY_TEXT,
                        .flags = TRIMTAB_KEY_LIST,
                        .check = item_check_interface },
        [ROUTE_NETNS] = { .name = "netns",
                          .help = "the container's network namespace: a name in /run/netns, an absolute path or pid:N",
                          .type = TRIMTAB_KEY_TEXT,
                          .check = check_netns },
        [ROUTE_DEVICE] = { .name = "device",
                           .help = "the container's end of the pair that joins it to the host, by its name there",
                           .type = TRIMTAB_KEY_TEXT,
                           .check = check_device },
        [ROUTE_LISTENER] = { .name = "listener",
                             .help = "the port of a listener in the daemon's own namespace, in place of a container",
                             .type = TRIMTAB_KEY_NUMBER,
                             .unit = "",
                             .min = 1,
                             .max = 65535 },
        [ROUTE_PATH] = { .name = "path",
                         .help = "tc: from the interface into the container; xdp: before the kernel has a packet of it; socket: to a "
                                 "listener; auto: whichever fits, and says why",
                         .type = TRIMTAB_KEY_CHOICE,
                         .choices = route_path_names },
        [ROUTE_DESCRIPTION] = { .name = "description", .help = "what it is for", .type = TRIMTAB_KEY_TEXT },
};

static enum route_path path_of(const struct trimtab_entry *e)
{
        for (enum route_path p = 0; p < _PATH_MAX && e->items[ROUTE_PATH].n > 0; p++)
                if (strcmp(route_path_names[p], e->items[ROUTE_PATH].texts[0]) == 0)
                        return p;
        return PATH_AUTO;
}

static int check_keys(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *ports = &e->items[ROUTE_PORT];
        uint64_t n = 0;

        for (uint32_t i = 0; i < ports->n; i++) {
                struct range range;

                if (parse_range(ports->texts[i], &range, why, size) < 0)
                        return -EINVAL;
                if (range.first == 0)
                        return refuse(why, size, "nobody listens at port 0");
                n += range.last - range.first + 1u;
        }
        n *= (uint64_t) e->items[ROUTE_VIP].n * e->items[ROUTE_PROTOCOL].n;
        return n <= ROUTE_KEYS_MAX
                       ? 0
                       : refuse(why, size, "%llu ports of addresses and protocols are more than %u: make it several routes",
                                (unsigned long long) n, ROUTE_KEYS_MAX);
}

int route_check(const struct trimtab_entry *e, char *why, uint32_t size)
{
        static const enum route_section_key of_container[] = { ROUTE_FOR, ROUTE_NETNS, ROUTE_DEVICE };
        enum route_path path = path_of(e);
        bool listener = e->items[ROUTE_LISTENER].n > 0;

        if (path == PATH_SOCKET && !listener)
                return refuse(why, size, "path = socket needs listener = PORT");
        if (listener && (path == PATH_TC || path == PATH_XDP))
                return refuse(why, size, "path = %s goes to a container, and listener is of the daemon's own namespace: path = socket",
                              route_path_names[path]);
        for (size_t i = 0; i < sizeof(of_container) / sizeof(of_container[0]); i++) {
                const char *name = route_section_keys[of_container[i]].name;
                bool given = e->items[of_container[i]].n > 0;

                if (listener && given)
                        return refuse(why, size, "%s is of a container, and there is a listener: it is one or the other", name);
                if (!listener && !given)
                        return refuse(why, size, "%s is missing, as no listener is given", name);
        }
        return check_keys(e, why, size);
}

/* --- reading --- */

static int read_netns(const struct trimtab_items *items, char **ret)
{
        char path[NETNS_SIZE];
        int r;

        if (items->n == 0)
                return 0;
        r = parse_netns(items->texts[0], path, sizeof(path), NULL, 0);
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
        route->path = path_of(e);
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
                (void) snprintf(why, size, "more than %u routes", ROUTES_MAX);
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
