/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parser.h"

#include <linux/bpf.h>
#include <linux/types.h>
#include <string.h>

#include "../../../plugins/xdp/compile.h"

/* Its types are the system's here, and the rest is not for processes. */
#define TRIMTAB_KERNEL_BPF_H
#include <bpf/bpf_helpers.h>

/* Of all maps there are the hints, the prefixes and what is in these, and what forget() needs. */
static const struct xdp_hint *the_hint;
static const struct tables *the_tables;
static void *look(const void *map, const __u32 *key);
#define bpf_map_lookup_elem(map, key) look(map, (const void *) (key))
#include "../../../plugins/xdp/packet.bpf.h"
#include "../../../plugins/xdp/filter.bpf.h"

static void *look(const void *map, const __u32 *key)
{
        static _Thread_local __u32 word;
        const struct prefix_lines *lines = map;

        if (map == &forgotten)
                return &word;
        if (map == &hints)
                return (void *) the_hint;
        if (map == &prefixes)
                return (void *) (the_tables->prefixes[*key].n > 0 ? &the_tables->prefixes[*key] : NULL);
        if (!the_tables || lines < the_tables->prefixes || lines >= the_tables->prefixes + _XDP_PREFIXES_MAX)
                return NULL;
        return *key < lines->n ? &lines->at[*key] : NULL;
}

void parser_parse(const void *packet, size_t n, struct parsed *ret)
{
        struct packet p = {};
        enum packet_kind kind = packet_parse(&p, (void *) packet, (char *) packet + n);

        *ret = (struct parsed){
                .malformed = kind == PACKET_MALFORMED,
                .ip = kind == PACKET_IP,
                .family = (int) p.family,
                .protocol = p.protocol,
                .piece = packet_piece(&p),
                .has_ports = packet_has_ports(&p),
                .has_flags = packet_has_flags(&p),
                .source_port = p.source_port,
                .port = p.destination_port,
                .flags = p.flags,
                .neighbour = p.neighbour,
                .source = packet_source(&p),
                .network = p.network,
                .transport = p.transport,
        };
        memcpy(ret->from, &p.source, sizeof(p.source));
        memcpy(ret->to, &p.destination, sizeof(p.destination));
}

bool parser_may_be_listed(const struct xdp_hint *hint, int family, const uint8_t *address)
{
        struct packet p = { .family = (__u32) family };

        memcpy(&p.source, address, family == 4 ? 4 : 16);
        the_hint = hint;
        return may_be_listed(0, &p);
}

uint64_t parser_look_up(const struct tables *tables, bool destination, int family, const uint8_t *address)
{
        struct packet p = { .family = (__u32) family };
        uint64_t bits;

        memcpy(&p.source, address, family == 4 ? 4 : 16);
        p.destination = p.source;
        the_hint = NULL; /* look whatever it says */
        the_tables = tables;
        bits = destination ? by_destination(&tables->set, 0, &p) : by_source(&tables->set, 0, &p);
        the_tables = NULL;
        return bits;
}
