/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_PACKET_BPF_H
#define XDP_PACKET_BPF_H

/*
 * What a packet is. Nothing in it is believed: what does not add up is malformed, never aborted. Addresses are kept as they stand in
 * the packet, ports in the machine's order.
 */

#include "kernel.bpf.h"
#include "xdp.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAGS_MAX    2 /* VLAN, and QinQ */
#define HEADERS_MAX 6 /* of IPv6, before the transport's: each kind once, and one more */
#define HEADERS_END_MAX 0x3fff /* where they end: 14 + 2 * 4 + 40 + 6 * 2048 at most, rounded up to a mask */

enum {
        ETHERTYPE_IPV4 = 0x0800,
        ETHERTYPE_IPV6 = 0x86dd,
        ETHERTYPE_VLAN = 0x8100,
        ETHERTYPE_QINQ = 0x88a8,
        ETHERTYPE_QINQ_OLD = 0x9100,
};

enum {
        PROTOCOL_HOP_BY_HOP = 0,
        PROTOCOL_ICMP = 1,
        PROTOCOL_TCP = 6,
        PROTOCOL_UDP = 17,
        PROTOCOL_DCCP = 33,
        PROTOCOL_ROUTING = 43,
        PROTOCOL_FRAGMENT = 44,
        PROTOCOL_AUTHENTICATION = 51,
        PROTOCOL_ICMPV6 = 58,
        PROTOCOL_DESTINATION = 60,
        PROTOCOL_SCTP = 132,
        PROTOCOL_MOBILITY = 135,
        PROTOCOL_UDPLITE = 136,
};

#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct ethernet {
        __u8 destination[6], source[6];
        __be16 type;
};

struct vlan_tag {
        __be16 tci, type;
};

struct ipv4 {
        __u8 version_length, tos;
        __be16 length, id, fragment;
        __u8 ttl, protocol;
        __be16 checksum;
        __be32 source, destination;
};

struct ipv6 {
        __be32 version_class_label;
        __be16 length;
        __u8 next, hop_limit;
        __be32 source[4], destination[4];
};

/* Of any header of IPv6 but the first. */
struct extension {
        __u8 next, length;
        __be16 fragment; /* of a fragment header */
        __be32 id;
};

/* As far as it is the same for all that have ports. */
struct ports {
        __be16 source, destination;
};

struct icmp {
        __u8 type, code;
        __be16 checksum;
};

struct tcp {
        __be16 source_port, destination_port;
        __be32 sequence, acknowledgement;
        __u8 offset, flags;
        __be16 window, checksum, urgent;
};

struct address {
        __be32 word[4]; /* IPv4: the first */
};

enum packet_kind {
        PACKET_OTHER, /* not IP: passes, or nothing would reach anybody (ARP) */
        PACKET_IP,
        PACKET_MALFORMED,
};

struct packet {
        __u32 family; /* 4, 6 */
        __u32 shape;  /* index of xdp_set.shape: the piece, and what is there of the transport's header */
        struct address source, destination;
        __u16 source_port, destination_port;
        __u16 network, transport; /* offsets of the headers */
        __u32 ends;               /* offset behind the datagram: what follows pads the frame, and the kernel cuts it off */
        __u8 protocol, flags;
        bool neighbour; /* IPv6's ARP */
};

/* For forget(). */
struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u32);
} forgotten SEC(".maps");

/* x, of which the verifier knows nothing more: it keeps apart, and follows to the end, each that it knows something else of. 0: there is no memory. */
static __always_inline __u32 forget(__u32 x)
{
        __u32 key = 0, *word = bpf_map_lookup_elem(&forgotten, &key);

        if (!word)
                return 0;
        *(volatile __u32 *) word = x;
        return *(volatile __u32 *) word;
}

/* The header of that type at an offset, or NULL: it is not all there. */
#define PACKET_AT(data, end, offset, type)                                                                   \
        ((void *) ((data) + (offset)) + sizeof(type) <= (end) ? (type *) ((data) + (offset)) : (type *) NULL)

/* PACKET_AT of what must be in the datagram too: else who pads the frame chooses which ports and flags are seen. */
#define PACKET_IN(p, data, end, offset, type)                                                                \
        ((offset) + sizeof(type) <= (p)->ends ? PACKET_AT(data, end, offset, type) : (type *) NULL)

static __always_inline enum xdp_piece packet_piece(const struct packet *p)
{
        return p->shape & 3;
}

static __always_inline bool packet_has_ports(const struct packet *p)
{
        return p->shape & XDP_SHAPE_PORTS;
}

static __always_inline bool packet_has_flags(const struct packet *p)
{
        return p->shape & XDP_SHAPE_FLAGS;
}

static __always_inline bool is_tag(__u16 type)
{
        return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

/* The ports and flags, where the transport has them: all of them in the first piece, or it is made to deceive. */
static __always_inline enum packet_kind parse_transport(struct packet *p, void *data, void *end, __u32 at)
{
        p->transport = at;
        if (packet_piece(p) == XDP_LATER)
                return PACKET_IP;

        if (p->protocol == PROTOCOL_TCP) {
                struct tcp *tcp = PACKET_IN(p, data, end, at, struct tcp);

                if (!tcp)
                        return PACKET_MALFORMED;
                p->source_port = bpf_ntohs(tcp->source_port);
                p->destination_port = bpf_ntohs(tcp->destination_port);
                p->flags = tcp->flags;
                p->shape |= XDP_SHAPE_PORTS | XDP_SHAPE_FLAGS;
        } else if (p->protocol == PROTOCOL_UDP || p->protocol == PROTOCOL_SCTP || p->protocol == PROTOCOL_DCCP ||
                   p->protocol == PROTOCOL_UDPLITE) {
                struct ports *ports = PACKET_IN(p, data, end, at, struct ports);

                if (!ports)
                        return PACKET_MALFORMED;
                p->source_port = bpf_ntohs(ports->source);
                p->destination_port = bpf_ntohs(ports->destination);
                p->shape |= XDP_SHAPE_PORTS;
        } else if (p->protocol == PROTOCOL_ICMPV6 && p->family == 6) {
                struct icmp *icmp = PACKET_IN(p, data, end, at, struct icmp);
                struct ipv6 *ip = PACKET_AT(data, end, p->network & 0x3f, struct ipv6);

                /* Solicitations, advertisements, redirects: from this link, or the hop limit would be less. */
                p->neighbour = icmp && ip && icmp->type >= 133 && icmp->type <= 137 && ip->hop_limit == 255 &&
                               packet_piece(p) == XDP_WHOLE;
        }
        return PACKET_IP;
}

static __always_inline enum packet_kind parse_ipv4(struct packet *p, void *data, void *end, __u32 at)
{
        struct ipv4 *ip = PACKET_AT(data, end, at, struct ipv4);
        __u32 fragment, length;

        if (!ip)
                return PACKET_MALFORMED;
        length = (ip->version_length & 0xf) * 4;
        if (ip->version_length >> 4 != 4 || length < sizeof(*ip) || bpf_ntohs(ip->length) < length)
                return PACKET_MALFORMED;

        p->family = 4;
        p->network = at;
        p->ends = at + bpf_ntohs(ip->length);
        p->source.word[0] = ip->source;
        p->destination.word[0] = ip->destination;
        p->protocol = ip->protocol;

        fragment = bpf_ntohs(ip->fragment);
        if (fragment & 0x1fff)
                p->shape |= XDP_LATER;
        else if (fragment & 0x2000)
                p->shape |= XDP_FIRST;
        /* The second piece of a header of TCP would overwrite the flags that were looked at in the first. */
        if ((fragment & 0x1fff) == 1 && p->protocol == PROTOCOL_TCP)
                return PACKET_MALFORMED;
        return parse_transport(p, data, end, at + length);
}

static __always_inline bool is_extension(__u8 protocol)
{
        return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING || protocol == PROTOCOL_FRAGMENT ||
               protocol == PROTOCOL_AUTHENTICATION || protocol == PROTOCOL_DESTINATION || protocol == PROTOCOL_MOBILITY;
}

/* Over one header. The next one's place, or 0: malformed. */
static __always_inline __u32 skip_extension(struct packet *p, void *data, void *end, __u32 at)
{
        struct extension *e = PACKET_IN(p, data, end, at, struct extension);
        __u32 length;

        if (!e)
                return 0;
        length = (e->length + 1u) * 8;
        if (p->protocol == PROTOCOL_FRAGMENT) {
                __u32 fragment = bpf_ntohs(e->fragment);

                length = sizeof(*e);
                /* A piece of a piece: nobody sends that, and which of the two it is would be anybody's guess. */
                if (packet_piece(p) != XDP_WHOLE)
                        return 0;
                if (fragment >= 8)
                        p->shape |= XDP_LATER;
                else if (fragment & 1)
                        p->shape |= XDP_FIRST;
                if (fragment >> 3 == 1 && e->next == PROTOCOL_TCP)
                        return 0;
        } else if (p->protocol == PROTOCOL_AUTHENTICATION)
                length = (e->length + 2u) * 4;
        p->protocol = e->next;
        return at + length;
}

static __always_inline enum packet_kind parse_ipv6(struct packet *p, void *data, void *end, __u32 at)
{
        struct ipv6 *ip = PACKET_AT(data, end, at, struct ipv6);

        if (!ip || (bpf_ntohl(ip->version_class_label) >> 28) != 6)
                return PACKET_MALFORMED;

        p->family = 6;
        p->shape = XDP_SHAPE_V6;
        p->network = at;
        __builtin_memcpy(p->source.word, ip->source, sizeof(ip->source));
        __builtin_memcpy(p->destination.word, ip->destination, sizeof(ip->destination));
        p->protocol = ip->next;
        p->ends = at + sizeof(*ip) + bpf_ntohs(ip->length);
        /* A jumbogram, or taken for one: not cut off. */
        if (ip->length == 0 && ip->next == PROTOCOL_HOP_BY_HOP)
                p->ends = ~0u;

        at += sizeof(*ip);
        for (__u32 i = 0; i < HEADERS_MAX; i++) {
                if (!is_extension(p->protocol) || packet_piece(p) == XDP_LATER)
                        return parse_transport(p, data, end, at);
                at = forget(skip_extension(p, data, end, at)) & HEADERS_END_MAX;
                if (at == 0)
                        return PACKET_MALFORMED;
        }
        return is_extension(p->protocol) && packet_piece(p) != XDP_LATER ? PACKET_MALFORMED : parse_transport(p, data, end, at);
}

/* p is zero. */
static __always_inline enum packet_kind packet_parse(struct packet *p, void *data, void *end)
{
        struct ethernet *ethernet = PACKET_AT(data, end, 0, struct ethernet);
        __u32 at = sizeof(*ethernet);
        __u16 type;

        if (!ethernet)
                return PACKET_MALFORMED;
        type = bpf_ntohs(ethernet->type);

        for (__u32 i = 0; i < TAGS_MAX && is_tag(type); i++) {
                struct vlan_tag *tag = PACKET_AT(data, end, at, struct vlan_tag);

                if (!tag)
                        return PACKET_MALFORMED;
                type = bpf_ntohs(tag->type);
                at += sizeof(*tag);
        }
        if (type == ETHERTYPE_IPV4)
                return parse_ipv4(p, data, end, at);
        if (type == ETHERTYPE_IPV6)
                return parse_ipv6(p, data, end, at);
        return is_tag(type) ? PACKET_MALFORMED : PACKET_OTHER;
}

/* See xdp.h. */
static __always_inline __u64 packet_source(const struct packet *p)
{
        __u64 upper;

        if (p->family == 4)
                return bpf_ntohl(p->source.word[0]);
        upper = (__u64) bpf_ntohl(p->source.word[0]) << 32 | bpf_ntohl(p->source.word[1]);
        return upper >> 32 ? upper : upper | XDP_SOURCE_V6;
}

#endif
