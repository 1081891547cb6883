/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The xdp plugin: what comes in by the network, and what is let in.
 *
 * Nothing is attached until somebody asks for it: a rule by xdp.attach or xdp.mode, the administrator by the option `monitor`. One
 * program then stays attached to the interface, and modes, lists and limits are switched in its data.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "interface.h"
#include "knobs.h"
#include "metrics.h"
#include "options.h"
#include "route/routes.h"
#include "route/routing.h"
#include "totals.h"

static const struct trimtab_scope scopes[] = {
        { "queue", "a receive queue of an interface that trimtab's XDP program is attached to" },
        { "filter", "a [filter NAME] section" },
        { "route", "a [route NAME] section" },
        { "source", "an IPv4 address, or the /64 of an IPv6 one, that sends much" },
};

enum { SECTION_FILTER, SECTION_ROUTE };

static const struct trimtab_section sections[] = {
        [SECTION_FILTER] = { .name = "filter",
                             .help = "packets that are let in, or dropped, at the interface",
                             .keys = filter_keys,
                             .n_keys = _FILTER_KEY_MAX,
                             .key_size = sizeof(filter_keys[0]),
                             .check = filter_check },
        [SECTION_ROUTE] = { .name = "route",
                            .help = "packets that are taken straight to a container or a listener",
                            .keys = route_section_keys,
                            .n_keys = _ROUTE_KEY_MAX,
                            .key_size = sizeof(route_section_keys[0]),
                            .check = route_check },
};

static int read_filters(struct xdp *x, const struct trimtab_entry *const *entries, uint32_t n, struct filters **ret)
{
        int r = filters_read(entries, n, SECTION_FILTER, x->management, x->n_management, ret);

        if (r == -E2BIG)
                x->host->log(x->host, TRIMTAB_LOG_ERROR,
                             "more than %u filters, the one for management included: put those that say the same of other addresses into "
                             "one, as a list or a file",
                             XDP_FILTERS_MAX);
        return r;
}

static int xdp_open(const struct trimtab_host *h, void **ret_self)
{
        struct xdp *x = calloc(1, sizeof(*x));
        int n_cpus = libbpf_num_possible_cpus(), r;

        if (!x)
                return -ENOMEM;
        *ret_self = x;
        x->host = h;
        x->table = TABLE_NULL;
        if (n_cpus < 0)
                return n_cpus;
        x->n_cpus = (uint32_t) n_cpus;
        r = options_read(x);
        return r >= 0 ? read_filters(x, NULL, 0, &x->filters) : r;
}

static int xdp_configure(void *self, const struct trimtab_entry *const *entries, uint32_t n)
{
        struct xdp *x = self;
        struct filters *filters, *before;
        struct routing_change *routes = NULL;
        int r;

        r = read_filters(x, entries, n, &filters);
        if (r < 0)
                return r;

        totals_advance(x);
        r = routing_prepare(x, entries, n, SECTION_ROUTE, &routes);
        if (r >= 0)
                r = interfaces_filter(x, filters);
        if (r < 0) {
                routing_abandon(x, routes);
                filters_free(filters);
                return r;
        }
        routing_commit(x, routes);
        before = x->filters;
        x->filters = filters;
        filters_free(before);
        return totals_follow(x);
}

static int xdp_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        return metrics_watch(self, metric, objects, n);
}

static int xdp_collect(void *self, uint64_t now_ns)
{
        struct xdp *x = self;
        struct interface *i, *next;

        x->now_ns = now_ns;
        HASH_ITER(hh, x->interfaces, i, next)
                interface_look(x, i);
        routing_look(x);
        totals_advance(x);
        sources_look(x);
        return metrics_emit(x);
}

static void xdp_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct xdp *x = self;
        const char *name, *path;

        if (strcmp(scope, "iface") != 0)
                return;
        if (!came) {
                routing_touch(x, (uint32_t) object);
                interface_went(x, (uint32_t) object);
        } else if (x->host->object_name(x->host, scope, object, &name) >= 0 &&
                 x->host->object_path(x->host, scope, object, &path) >= 0 &&
                 interface_came(x, (uint32_t) object, name, path) < 0)
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s cannot be watched", name);
        else
                routing_touch(x, (uint32_t) object);
        routing_settle(x);
}

static void xdp_close(void *self)
{
        struct xdp *x = self;

        if (!x)
                return;
        routing_free(x);
        interfaces_free(x);
        table_close(&x->table);
        filters_free(x->filters);
        totals_free(x);
        sources_free(x);
        options_free(x);
        free(x);
}

TRIMTAB_PLUGIN("xdp") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "xdp",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "what comes in by the network, and what is let in",
        .metrics = xdp_metrics,
        .n_metrics = XDP_N_METRICS,
        .knobs = xdp_knobs,
        .n_knobs = XDP_N_KNOBS,
        TRIMTAB_SCOPES(scopes),
        .options = xdp_options,
        .n_options = XDP_N_OPTIONS,
        TRIMTAB_SECTIONS(sections),
        .open = xdp_open,
        .watch = xdp_watch,
        .collect = xdp_collect,
        .close = xdp_close,
        .on_object = xdp_on_object,
        .configure = xdp_configure,
};
