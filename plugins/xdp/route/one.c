/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One route: its entries, and what is told of it. */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../interface.h"
#include "room.h"

enum route_path route_pick(const struct route *route)
{
        if (route->path != PATH_AUTO)
                return route->path;
        return route->listener ? PATH_SOCKET : PATH_TC;
}

bool route_is_full(int error)
{
        return error == -E2BIG || error == -ENOMEM;
}

/* --- its entries --- */

struct put {
        const struct table *table;
        struct route_target target;
        uint32_t set, ifindex;
};

static struct route_key key_in(const struct put *put, const struct route_key *key)
{
        struct route_key k = *key;

        k.set = put->set;
        k.ifindex = put->ifindex;
        return k;
}

static int put_key(void *userdata, const struct route_key *key)
{
        const struct put *put = userdata;
        struct route_key k = key_in(put, key);

        return table_put(put->table, &k, &put->target);
}

int route_put(const struct routing *g, struct route_state *s, uint32_t set, uint32_t ifindex, const struct route_target *target)
{
        struct put put = { .table = g->table, .target = *target, .set = set, .ifindex = ifindex };

        s->has_entries = true;
        return route_each_key(s->route, put_key, &put);
}

static bool is_of(const struct table *table, const struct route_key *key, uint32_t slot)
{
        struct route_target there;

        return bpf_map_lookup_elem(table->entries, key, &there) == 0 && there.slot == slot;
}

static int take_key(void *userdata, const struct route_key *key)
{
        const struct put *take = userdata;
        struct route_key k = key_in(take, key);

        if (is_of(take->table, &k, take->target.slot))
                (void) bpf_map_delete_elem(take->table->entries, &k);
        return 0;
}

void route_take(const struct routing *g, const struct route_state *s, uint32_t set, uint32_t ifindex)
{
        struct put take = { .table = g->table, .target.slot = s->slot, .set = set, .ifindex = ifindex };

        if (s->has_entries)
                (void) route_each_key(s->route, take_key, &take);
}

/* Out of all interfaces: what came in by one that is gone by now went with it. */
static void take_all(const struct xdp *x, const struct routing *g, struct route_state *s, uint32_t set)
{
        const struct interface *i, *next;

        HASH_ITER(hh, x->interfaces, i, next)
                if (route_applies(s->route, i->name))
                        route_take(g, s, set, i->ifindex);
        if (s->route->listener)
                route_take(g, s, set, 0);
        if (s->route->listener && g->steer)
                listener_take(g, s);
        s->has_entries = false;
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

void route_announce(struct xdp *x, const struct routing *g, struct route_state *s)
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

/* --- up or down --- */

int route_settle(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set)
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
                take_all(x, g, s, set);
        return route_is_full(r) ? r : 0;
}

void route_advance(const struct routing *g, struct route_state *s)
{
        uint64_t now = table_packets(g->table, s->slot);

        s->packets += now - s->told;
        s->told = now;
}
