/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Where the kernel looks for who listens: a connection or datagram for a route's address and port is given to the socket of that route.
 * Whatever goes wrong, the kernel looks for itself.
 */

#include "../route.bpf.h"

enum { FAMILY_INET = 2 };

/* Of a slot, by transport and family, as a listener may have several sockets. */
struct {
        __uint(type, BPF_MAP_TYPE_SOCKMAP);
        __uint(max_entries, ROUTE_SOCKETS);
        __type(key, __u32);
        __type(value, __u64);
} sockets SEC(".maps");

static __always_inline void key_of(const struct bpf_sk_lookup *ctx, struct route_key *ret)
{
        if (ctx->family == FAMILY_INET) {
                ret->family = 4;
                ret->address[0] = ctx->local_ip4;
        } else {
                ret->family = 6;
                ret->address[0] = ctx->local_ip6[0];
                ret->address[1] = ctx->local_ip6[1];
                ret->address[2] = ctx->local_ip6[2];
                ret->address[3] = ctx->local_ip6[3];
        }
        ret->protocol = ctx->protocol;
        ret->port = ctx->local_port;
}

SEC("sk_lookup")
int trimtab_lookup(struct bpf_sk_lookup *ctx)
{
        struct route_key key = {};
        const struct route_target *t;
        struct bpf_sock *socket;
        __u32 at;

        key_of(ctx, &key);
        t = route_find(&key, ROUTE_AT_SOCKET);
        if (!t)
                return SK_PASS;
        at = ROUTE_SOCKET_AT(t->slot, key.protocol, key.family);
        socket = bpf_map_lookup_elem(&sockets, &at);
        if (!socket)
                return SK_PASS;
        if (bpf_sk_assign(ctx, socket, 0) == 0)
                route_count(t, 1);
        bpf_sk_release(socket);
        return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
