/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interface.h"
#include "route/routing.h"
#include "softnet.h"
#include "totals.h"

enum {
        METRIC_PACKETS,
        METRIC_BYTES,
        METRIC_SYNS,
        METRIC_PASSED,
        METRIC_DROPPED,
        METRIC_DROPPED_FILTER,
        METRIC_DROPPED_BAN,
        METRIC_DROPPED_SOURCE,
        METRIC_DROPPED_DESTINATION,
        METRIC_DROPPED_LIMIT,
        METRIC_DROPPED_MALFORMED,
        METRIC_DROPPED_COOKIE,
        METRIC_ANSWERED,
        METRIC_REDIRECTED,
        METRIC_FLOOD,
        METRIC_SYN_FLOOD,
        METRIC_REACTION,
        METRIC_QUEUE_PACKETS,
        METRIC_FILTER_PACKETS,
        METRIC_SOURCE_PACKETS,
        METRIC_ROUTE_PACKETS,
        METRIC_ROUTE_UP,
        METRIC_SOFTNET_DROPPED,
        METRIC_SOFTNET_SQUEEZED,
        _METRIC_MAX,
};

#define COUNTER(id, name, help, scope) [id] = { "xdp." name, "", help, scope, TRIMTAB_COUNTER, 0 }

const struct trimtab_metric xdp_metrics[XDP_N_METRICS] = {
        COUNTER(METRIC_PACKETS, "packets", "packets that came in; the kernel's count where no program is attached", "iface"),
        [METRIC_BYTES] = { "xdp.bytes", "B", "bytes that came in", "iface", TRIMTAB_COUNTER, 0 },
        COUNTER(METRIC_SYNS, "syns", "TCP connections that somebody began", "iface"),
        COUNTER(METRIC_PASSED, "passed", "packets that went on to the kernel", "iface"),
        COUNTER(METRIC_DROPPED, "dropped", "packets that did not, for any reason", "iface"),
        COUNTER(METRIC_DROPPED_FILTER, "dropped_filter", "dropped by a filter", "iface"),
        COUNTER(METRIC_DROPPED_BAN, "dropped_ban", "dropped as their source is banned", "iface"),
        COUNTER(METRIC_DROPPED_SOURCE, "dropped_source", "dropped over the limit of a source", "iface"),
        COUNTER(METRIC_DROPPED_DESTINATION, "dropped_destination", "dropped over the limit of a destination and port", "iface"),
        COUNTER(METRIC_DROPPED_LIMIT, "dropped_limit", "dropped over the limit of the interface", "iface"),
        COUNTER(METRIC_DROPPED_MALFORMED, "dropped_malformed", "dropped as their headers do not add up", "iface"),
        COUNTER(METRIC_DROPPED_COOKIE, "dropped_cookie", "acknowledgements of no connection, dropped in a flood", "iface"),
        COUNTER(METRIC_ANSWERED, "answered", "connections that were answered by a SYN cookie", "iface"),
        COUNTER(METRIC_REDIRECTED, "redirected", "packets that took a route of ours", "iface"),
        [METRIC_FLOOD] = { "xdp.flood", "", "1: more packets than flood-pps come in", "iface", TRIMTAB_GAUGE, 0 },
        [METRIC_SYN_FLOOD] = { "xdp.syn_flood", "", "1: more connections than flood-syn-pps are begun", "iface", TRIMTAB_GAUGE, 0 },
        [METRIC_REACTION] = { "xdp.reaction", "ns", "from when the last flood was noticed to the first packet that was kept out", "iface",
                              TRIMTAB_GAUGE, 0 },
        COUNTER(METRIC_QUEUE_PACKETS, "queue_packets", "packets that came in by a receive queue", "queue"),
        COUNTER(METRIC_FILTER_PACKETS, "filter_packets", "packets that a filter let in or dropped", "filter"),
        COUNTER(METRIC_SOURCE_PACKETS, "source_packets", "packets of one of the sources that send most, since it is one", "source"),
        COUNTER(METRIC_ROUTE_PACKETS, "route_packets",
                "packets that took a route; of one to a listener, connections of TCP and datagrams of UDP", "route"),
        [METRIC_ROUTE_UP] = { "xdp.route_up", "", "1: packets take the route; 0: they go the kernel's way", "route", TRIMTAB_GAUGE, 0 },
        COUNTER(METRIC_SOFTNET_DROPPED, "softnet_dropped", "packets dropped as the CPU's backlog was full", "cpu"),
        COUNTER(METRIC_SOFTNET_SQUEEZED, "softnet_squeezed", "times that the CPU had more packets than its turn allows", "cpu"),
};
_Static_assert(_METRIC_MAX == XDP_N_METRICS, "the header's number");

/* Which counter of the program is which metric. */
static const struct {
        uint32_t metric;
        enum xdp_verdict verdict;
} verdicts[] = {
        { METRIC_PASSED, XDP_VERDICT_PASS },
        { METRIC_DROPPED_FILTER, XDP_VERDICT_FILTER },
        { METRIC_DROPPED_BAN, XDP_VERDICT_BAN },
        { METRIC_DROPPED_SOURCE, XDP_VERDICT_SOURCE },
        { METRIC_DROPPED_DESTINATION, XDP_VERDICT_DESTINATION },
        { METRIC_DROPPED_LIMIT, XDP_VERDICT_LIMIT },
        { METRIC_DROPPED_MALFORMED, XDP_VERDICT_MALFORMED },
        { METRIC_DROPPED_COOKIE, XDP_VERDICT_COOKIE },
        { METRIC_ANSWERED, XDP_VERDICT_ANSWERED },
        { METRIC_REDIRECTED, XDP_VERDICT_REDIRECT },
};

static int emit(const struct xdp *x, uint32_t metric, uint64_t object, double value)
{
        return x->host->emit(x->host, metric, object, value);
}

static uint64_t read_statistic(const struct interface *i, const char *name)
{
        char path[256];
        unsigned long long n = 0;
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/statistics/%s", i->path, name);
        f = fopen(path, "re");
        if (!f)
                return 0;
        if (fscanf(f, "%llu", &n) != 1)
                n = 0;
        (void) fclose(f);
        return n;
}

static uint64_t since(uint64_t now, uint64_t *last)
{
        uint64_t n = now > *last ? now - *last : 0;

        *last = now;
        return n;
}

/*
 * The program's count where one counts: what drivers count of packets that XDP drops differs. The kernel's else, which costs no program.
 * Whoever counts, the total goes on.
 */
static void advance_packets(struct interface *i, const struct xdp_counters *c)
{
        uint64_t kernel_packets = since(read_statistic(i, "rx_packets"), &i->kernel_packets);
        uint64_t kernel_bytes = since(read_statistic(i, "rx_bytes"), &i->kernel_bytes);
        uint64_t packets = since(c->packets, &i->program_packets), bytes = since(c->bytes, &i->program_bytes);

        i->packets += i->mode != 0 ? packets : kernel_packets;
        i->bytes += i->mode != 0 ? bytes : kernel_bytes;
}

void metrics_cookies(const struct xdp *x, const char *why_not)
{
        x->host->unavailable(x->host, METRIC_DROPPED_COOKIE, why_not);
        x->host->unavailable(x->host, METRIC_ANSWERED, why_not);
}

static void watch_interfaces(struct xdp *x, uint32_t bit, const uint64_t *objects, uint32_t n)
{
        struct interface *i, *next;

        HASH_ITER(hh, x->interfaces, i, next)
                i->watched &= ~bit;
        for (uint32_t o = 0; o < n; o++) {
                i = interface_find(x, objects[o]);
                if (i)
                        i->watched |= bit;
        }
}

int metrics_watch(struct xdp *x, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        uint32_t bit = 1u << metric;

        if (metric == METRIC_PACKETS || metric == METRIC_BYTES)
                watch_interfaces(x, bit, objects, n);
        else if (metric == METRIC_SOFTNET_DROPPED || metric == METRIC_SOFTNET_SQUEEZED)
                x->softnet_watched = n > 0 ? x->softnet_watched | bit : x->softnet_watched & ~bit;
        return 0;
}

static int emit_interface(struct xdp *x, struct interface *i)
{
        struct xdp_counters c = {};
        const struct xdp_notice *notice;
        uint64_t dropped = 0;
        int r;

        if (!i->program && !i->watched)
                return 0;
        if (i->program)
                program_count(i->program, UINT32_MAX, &c);
        advance_packets(i, &c);
        r = emit(x, METRIC_PACKETS, i->ifindex, (double) i->packets);
        (void) emit(x, METRIC_BYTES, i->ifindex, (double) i->bytes);
        if (!i->program)
                return r;

        for (enum xdp_verdict v = XDP_VERDICT_FILTER; v <= XDP_VERDICT_COOKIE; v++)
                dropped += c.verdicts[v];
        (void) emit(x, METRIC_SYNS, i->ifindex, (double) c.syns);
        (void) emit(x, METRIC_DROPPED, i->ifindex, (double) dropped);
        for (size_t v = 0; v < sizeof(verdicts) / sizeof(verdicts[0]); v++)
                (void) emit(x, verdicts[v].metric, i->ifindex, (double) c.verdicts[verdicts[v].verdict]);

        if (i->mode == 0)
                return r;
        (void) emit(x, METRIC_FLOOD, i->ifindex, interface_is_flooded(x, i, false));
        (void) emit(x, METRIC_SYN_FLOOD, i->ifindex, interface_is_flooded(x, i, true));
        notice = program_notice(i->program);
        if (notice->first_drop_ns > notice->noticed_ns)
                (void) emit(x, METRIC_REACTION, i->ifindex, (double) (notice->first_drop_ns - notice->noticed_ns));
        return r;
}

static void emit_queues(struct xdp *x, const struct interface *i)
{
        for (uint32_t q = 0; q < i->n_queues && i->program; q++) {
                struct xdp_counters c;

                program_count(i->program, q, &c);
                (void) emit(x, METRIC_QUEUE_PACKETS, (uint64_t) i->ifindex << 16 | q, (double) c.packets);
        }
}

int metrics_emit(struct xdp *x)
{
        struct interface *i, *next_interface;
        struct filter_total *t, *next_total;
        struct source *s, *next_source;
        int r = 0;

        HASH_ITER(hh, x->interfaces, i, next_interface) {
                int k = emit_interface(x, i);

                r = r < 0 || k == -ENOENT ? r : k;
                emit_queues(x, i);
        }
        HASH_ITER(hh, x->totals, t, next_total)
                if (t->present)
                        (void) emit(x, METRIC_FILTER_PACKETS, t->key, (double) t->packets);
        HASH_ITER(hh, x->sources, s, next_source)
                (void) emit(x, METRIC_SOURCE_PACKETS, s->key, (double) s->packets);
        routing_emit(x, METRIC_ROUTE_PACKETS, METRIC_ROUTE_UP);
        if (x->softnet_watched)
                softnet_emit(x->host, METRIC_SOFTNET_DROPPED, METRIC_SOFTNET_SQUEEZED);
        return r;
}
