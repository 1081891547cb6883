/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_SOCKET_BPF_H
#define XDP_SOCKET_BPF_H

/* Whose a TCP packet is: the socket it belongs to, and whether its destination is this machine. */

#include "maps.bpf.h"

/* From <linux/bpf.h>: values and layouts are UAPI. */
#define BPF_F_CURRENT_NETNS (-1L)

enum {
        BPF_FIB_LKUP_RET_NOT_FWDED = 4,
        BPF_FIB_LKUP_RET_FWD_DISABLED = 5,
};

enum {
        AF_INET = 2,
        AF_INET6 = 10,
};

/* From <net/tcp_states.h>. */
enum {
        TCP_LISTEN = 10,
};

struct bpf_sock_tuple {
        union {
                struct {
                        __be32 saddr, daddr;
                        __be16 sport, dport;
                } ipv4;
                struct {
                        __be32 saddr[4], daddr[4];
                        __be16 sport, dport;
                } ipv6;
        };
};

struct bpf_sock {
        __u32 bound_dev_if;
        __u32 family, type, protocol;
        __u32 mark, priority;
        __u32 src_ip4, src_ip6[4];
        __u32 src_port;
        __be16 dst_port;
        __be16 : 16;
        __u32 dst_ip4, dst_ip6[4];
        __u32 state;
};

struct bpf_fib_lookup {
        __u8 family, l4_protocol;
        __be16 sport, dport;
        __u16 tot_len;
        __u32 ifindex;
        __be32 flowinfo;
        __be32 source[4], destination[4]; /* IPv4: the first of each */
        __u16 vlan_proto, vlan_tci;
        __u8 smac[6], dmac[6];
};
_Static_assert(sizeof(struct bpf_fib_lookup) == 64, "UAPI");

/* The socket that the kernel would give the packet to: a connection, a request for one, or a listener. To be released. */
static __always_inline struct bpf_sock *find_socket(struct xdp_md *ctx, const struct packet *p)
{
        struct bpf_sock_tuple t = {};

        if (p->family == 4) {
                t.ipv4.saddr = p->source.word[0];
                t.ipv4.daddr = p->destination.word[0];
                t.ipv4.sport = bpf_htons(p->source_port);
                t.ipv4.dport = bpf_htons(p->destination_port);
                return bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
        }
        __builtin_memcpy(t.ipv6.saddr, p->source.word, sizeof(t.ipv6.saddr));
        __builtin_memcpy(t.ipv6.daddr, p->destination.word, sizeof(t.ipv6.daddr));
        t.ipv6.sport = bpf_htons(p->source_port);
        t.ipv6.dport = bpf_htons(p->destination_port);
        return bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
}

/*
 * Whether the packet ends here. A listener on any address is found for every destination, and what is on its way to a container or to
 * another machine is not ours. Where nothing is forwarded at all, what has come to our own MAC is.
 */
static __always_inline bool ends_here(struct xdp_md *ctx, const struct packet *p)
{
        struct bpf_fib_lookup f = { .l4_protocol = PROTOCOL_TCP, .ifindex = ctx->ingress_ifindex };
        long r;

        f.family = p->family == 4 ? AF_INET : AF_INET6;
        f.sport = bpf_htons(p->source_port);
        f.dport = bpf_htons(p->destination_port);
        __builtin_memcpy(f.source, p->source.word, sizeof(f.source));
        __builtin_memcpy(f.destination, p->destination.word, sizeof(f.destination));
        r = bpf_fib_lookup(ctx, &f, sizeof(f), 0);
        return r == BPF_FIB_LKUP_RET_NOT_FWDED || r == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

#endif
