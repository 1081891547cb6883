/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_REDIRECT_BPF_H
#define XDP_REDIRECT_BPF_H

/* A packet that a route of path = xdp is there for goes to the container's device with no more than its frame's head changed. */

#include "route.bpf.h"

/* ifindex -> the device. */
struct {
        __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
        __uint(max_entries, ROUTE_DEVICES_MAX);
        __type(key, __u32);
        __type(value, __u32);
} route_devices SEC(".maps");

static __always_inline bool is_for(const struct ethernet *e, const struct route_target *t)
{
        for (int i = 0; i < 6; i++)
                if (e->destination[i] != t->here[i])
                        return false;
        return true;
}

/* Whether it is on its way; else the packet is as it was. */
static __always_inline bool redirect(struct xdp_md *ctx, const struct packet *p)
{
        struct ethernet *e = PACKET_AT((void *) (long) ctx->data, (void *) (long) ctx->data_end, 0, struct ethernet);
        struct route_key key = {};
        const struct route_target *t;

        if (!e || !route_key_of(p, ctx->ingress_ifindex, &key))
                return false;
        t = route_find(&key, ROUTE_AT_XDP);
        if (!t || !is_for(e, t) || !route_fits(ctx, t, 0))
                return false;
        /* A device that is gone is not in the map: the answer is then the flags. */
        if (bpf_redirect_map(&route_devices, t->ifindex, XDP_PASS) != XDP_REDIRECT)
                return false;

        __builtin_memcpy(e->destination, t->to, sizeof(e->destination));
        __builtin_memcpy(e->source, t->from, sizeof(e->source));
        route_count(t, 1);
        return true;
}

#endif
