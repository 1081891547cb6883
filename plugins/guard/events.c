/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char *protocol_name(uint8_t protocol, char *room, size_t size)
{
        switch (protocol) {
        case IPPROTO_TCP:
                return "tcp";
        case IPPROTO_UDP:
                return "udp";
        case IPPROTO_ICMP:
                return "icmp";
        case IPPROTO_ICMPV6:
                return "icmpv6";
        case IPPROTO_SCTP:
                return "sctp";
        case IPPROTO_DCCP:
                return "dccp";
        case IPPROTO_UDPLITE:
                return "udplite";
        case GUARD_PROTOCOL_RAW:
                return "raw";
        case GUARD_PROTOCOL_PACKET:
                return "packet";
        default:
                (void) snprintf(room, size, "%u", protocol);
                return room;
        }
}

void destination_format(uint8_t family, uint64_t upper, uint64_t lower, uint16_t port, uint8_t protocol, char *ret, size_t size)
{
        uint32_t word[4] = { htonl((uint32_t) (upper >> 32)), htonl((uint32_t) upper), htonl((uint32_t) (lower >> 32)), htonl((uint32_t) lower) };
        char address[INET6_ADDRSTRLEN] = "?", name[8], at[16] = "";

        (void) inet_ntop(family == 4 ? AF_INET : AF_INET6, word, address, sizeof(address));
        if (port)
                (void) snprintf(at, sizeof(at), ":%u", port);
        (void) snprintf(ret, size, family == 4 || !port ? "%s%s/%s" : "[%s]%s/%s", address, at, protocol_name(protocol, name, sizeof(name)));
}

void event_format(const struct guard_event *e, const char *cgroup, char *ret, size_t size)
{
        static const char *const verbs[_GUARD_KIND_MAX] = {
                [GUARD_CONNECT] = "to", [GUARD_SEND] = "a datagram to", [GUARD_CREATE] = "a socket for", [GUARD_LISTEN] = "listening at",
        };
        char where[96], gone[GUARD_UNIT_MAX + 24];

        destination_format(e->family, e->upper, e->lower, e->port, e->protocol, where, sizeof(where));
        (void) snprintf(gone, sizeof(gone), "%.*s, which is gone,", GUARD_UNIT_MAX, e->unit[0] ? e->unit : "a cgroup");
        (void) snprintf(ret, size, "%s (%.16s, pid %u, uid %u) %s %s", cgroup ?: gone, e->comm, e->pid, e->uid,
                        e->kind < _GUARD_KIND_MAX ? verbs[e->kind] : "?", where);
}

static void tell(struct events *all, const struct guard_event *e)
{
        const char *cgroup = NULL, *rule = NULL;
        char what[512], line[768];

        (void) all->host->object_name(all->host, "cgroup", e->cgroup, &cgroup);
        if (all->rules && e->rule < all->rules->n)
                rule = all->rules->all[e->rule].name;
        event_format(e, cgroup, what, sizeof(what));
        (void) snprintf(line, sizeof(line), "%s: %s%s%s", e->enforced ? "refused" : "would refuse", what, rule ? ", by egress-rule " : "",
                        rule ?: "");
        all->host->event(all->host, line);
}

static int on_event(void *userdata, void *data, size_t size)
{
        struct events *all = userdata;
        const struct guard_event *e = data;

        if (size < sizeof(*e))
                return 0;
        all->kept[all->n++ % EVENTS_KEPT] = *e;
        if (++all->n_now <= EVENTS_TOLD)
                tell(all, e);
        return 0;
}

int events_open(struct events *e, const struct program *program, const struct trimtab_host *host)
{
        e->host = host;
        e->ring = ring_buffer__new(programs_map(&program->programs, "events"), on_event, e, NULL);
        return e->ring ? 0 : -errno;
}

void events_close(struct events *e)
{
        ring_buffer__free(e->ring);
        e->ring = NULL;
}

void events_read(struct events *e, const struct rules *rules)
{
        char line[64];

        e->rules = rules;
        e->n_now = 0;
        if (e->ring)
                (void) ring_buffer__consume(e->ring);
        if (e->n_now <= EVENTS_TOLD)
                return;
        (void) snprintf(line, sizeof(line), "and %u more refusals", e->n_now - EVENTS_TOLD);
        e->host->event(e->host, line);
}
