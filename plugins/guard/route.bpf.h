/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_ROUTE_BPF_H
#define GUARD_ROUTE_BPF_H

/*
 * Source and segment routes: a packet to one address goes by way of another, which nobody looks at. So whoever is refused anything gets none
 * unless any/raw is allowed, as with raw sockets. Include address.bpf.h first.
 */

#define IPPROTO_IP   0
#define IPPROTO_IPV6 41

#define IP_OPTIONS          4
#define IP_RETOPTS          7
#define IPV6_2292RTHDR      5
#define IPV6_2292PKTOPTIONS 6
#define IPV6_FLOWLABEL_MGR  32 /* the packets of a flow may have a route, too */
#define IPV6_RTHDR          57

/* A control message in the kernel's memory; what a 32-bit program has handed over looks like this by then. */
struct control_head {
        __u64 length;
        __s32 level, type;
};
#define CONTROL_MAX 16

/* 4, 6: by which the route goes; 0: it is none. Whatever the family: a socket of SMC hands it on to one of TCP. */
static __always_inline int route_of_option(__s32 level, __s32 option)
{
        const __u64 v6 = 1ull << IPV6_2292RTHDR | 1ull << IPV6_2292PKTOPTIONS | 1ull << IPV6_FLOWLABEL_MGR | 1ull << IPV6_RTHDR;

        if (level == IPPROTO_IP)
                return option == IP_OPTIONS ? 4 : 0;
        return level == IPPROTO_IPV6 && option >= 0 && option < 64 && v6 >> option & 1 ? 6 : 0;
}

static __always_inline int route_of_control(const struct control_head *head)
{
        if (head->level == IPPROTO_IP)
                return head->type == IP_RETOPTS ? 4 : 0;
        return head->level == IPPROTO_IPV6 && (head->type == IPV6_RTHDR || head->type == IPV6_2292RTHDR) ? 6 : 0;
}

/* 4, 6, 0 as above. What cannot be read, or has no end, counts as one. */
static __noinline int find_route(__u64 at, __u64 left)
{
        struct control_head head;

        for (int i = 0; i < CONTROL_MAX; i++) {
                __u64 step;
                int route;

                if (left < sizeof(head))
                        return 0;
                if (bpf_probe_read_kernel(&head, sizeof(head), (const void *) at))
                        return 4;
                route = route_of_control(&head);
                if (route || head.length < sizeof(head) || head.length > left)
                        return route ? route : 4;
                step = (head.length + 7) & ~7ull;
                if (step >= left)
                        return 0;
                at += step;
                left -= step;
        }
        return 4;
}

/* 1: refused. Not inline: the stack of all calls together is 512 bytes. */
static __noinline int judge_route(__u8 backend, __u8 family, bool probe)
{
        struct guard_request rq = { .backend = backend, .kind = GUARD_CREATE, .exact = 1, .family = family, .protocol = GUARD_PROTOCOL_RAW };

        rq.reserved = probe ? GUARD_PROBE_PROTOCOL : 0;
        return decide(&rq);
}

/* Is it the socket by which routes are tried out? */
static __always_inline bool is_probing_socket(__be32 address, __u32 port)
{
        const struct guard_control *c = find_control();

        return c && c->probing && bpf_ntohl(address) == c->probe_v4 && port == c->probe_port;
}

#endif
