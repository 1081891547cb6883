/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parser.h"

#include <linux/bpf.h>
#include <linux/types.h>
#include <string.h>

/* Its types are the system's here, and the rest is not for processes. */
#define TRIMTAB_KERNEL_BPF_H
#include "../../../plugins/xdp/packet.bpf.h"

/* Of all maps there is one. */
static const struct xdp_hint *the_hint;
#define bpf_map_lookup_elem(map, key) ((void) (key), (void *) ((void *) (map) == (void *) &hints ? the_hint : NULL))
#include "../../../plugins/xdp/filter.bpf.h"

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
