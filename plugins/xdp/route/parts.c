/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What routes need to be in force: netlink sockets, and a program for each way. */

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../interface.h"
#include "hook.h"
#include "netlink.h"
#include "room.h"

void parts_free(struct xdp *x, struct routing *g)
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

int parts_new(struct xdp *x, int (*on_links)(void *self, int32_t fd), struct routing **ret)
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
                parts_free(x, g);
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

static bool needs(const struct routes *routes, enum route_path path)
{
        for (size_t i = 0; i < routes->n; i++)
                if (route_pick(&routes->route[i]) == path)
                        return true;
        return false;
}

static bool is_needed_at(void *userdata, uint32_t ifindex)
{
        struct xdp *x = userdata;
        const struct interface *it = interface_find(x, ifindex);
        const struct route_set *set = &x->routing->set;

        for (size_t i = 0; it && set->routes && i < set->routes->n; i++)
                if (set->states[i].up && route_pick(set->states[i].route) == PATH_TC && route_applies(set->states[i].route, it->name))
                        return true;
        return false;
}

int parts_need(struct xdp *x, struct routing *g, const struct routes *routes)
{
        int r = needs(routes, PATH_TC) ? need_tc(x, g) : 0;

        return r >= 0 && needs(routes, PATH_SOCKET) ? need_steer(x, g) : r;
}

void parts_trim(struct xdp *x, struct routing *g)
{
        if (!g->set.routes || !needs(g->set.routes, PATH_SOCKET))
                g->steer = steer_free(g->steer);
        if (!g->set.routes || !needs(g->set.routes, PATH_TC))
                g->tc = tc_free(g->tc);
        if (g->tc)
                tc_trim(g->tc, is_needed_at, x);
}
