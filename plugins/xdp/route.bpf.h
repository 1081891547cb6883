/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_ROUTE_BPF_H
#define XDP_ROUTE_BPF_H

/*
 * Whether a packet takes a route. The maps are not the program's own: user space puts those in their place that all programs share.
 */

#include "packet.bpf.h"
#include "route.h"

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(map_flags, BPF_F_NO_PREALLOC);
        __uint(max_entries, ROUTE_ENTRIES_MAX);
        __type(key, struct route_key);
        __type(value, struct route_target);
} routes SEC(".maps");

/* One, for all programs to change together. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct route_control);
} route_control SEC(".maps");

/* slot -> packets. */
struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, ROUTE_SLOTS);
        __type(key, __u32);
        __type(value, __u64);
} route_packets SEC(".maps");

/* Where key leads, once its set is filled in; NULL: nowhere, or it is not that program's. */
static __always_inline const struct route_target *route_find(struct route_key *key, __u32 at)
{
        __u32 zero = 0;
        const struct route_control *c = bpf_map_lookup_elem(&route_control, &zero);
        const struct route_target *t;

        if (!c)
                return NULL;
        key->set = c->set;
        t = bpf_map_lookup_elem(&routes, key);
        return t && t->at == at ? t : NULL;
}

static __always_inline void route_count(const struct route_target *t, __u32 n)
{
        __u32 slot = t->slot;
        __u64 *packets = bpf_map_lookup_elem(&route_packets, &slot);

        if (packets)
                *packets += n;
}

/*
 * Of a packet that a route can take: whole, of TCP or UDP, with nothing between the network's header and the transport's. Pieces, options
 * and errors are the kernel's, which knows what belongs together. A tag in the packet is somebody else's network.
 */
static __always_inline bool route_key_of(const struct packet *p, __u32 ifindex, struct route_key *ret)
{
        __u32 header = p->family == 4 ? sizeof(struct ipv4) : sizeof(struct ipv6);

        if (p->network != sizeof(struct ethernet) || p->transport != p->network + header || packet_piece(p) != XDP_WHOLE ||
            !packet_has_ports(p))
                return false;
        ret->ifindex = ifindex;
        ret->address[0] = p->destination.word[0];
        ret->address[1] = p->destination.word[1];
        ret->address[2] = p->destination.word[2];
        ret->address[3] = p->destination.word[3];
        ret->port = p->destination_port;
        ret->protocol = p->protocol;
        ret->family = p->family;
        return true;
}

/* Whether it would get there: the device may be gone, or too narrow, which is for the kernel to tell the sender. */
static __always_inline bool route_fits(void *ctx, const struct route_target *t, __u64 flags)
{
        __u32 mtu = 0;

        return bpf_check_mtu(ctx, t->ifindex, &mtu, 0, flags) == 0;
}

#endif
