/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * At tc's ingress of an interface: a packet that a route is there for goes on where it comes out of the container's device, as it is.
 * All others go on to whoever is next, and then to the kernel.
 */

#include "../route.bpf.h"

#define NEXT (-1) /* of tcx and of tc: the next program, or the kernel */

enum { ADDRESSED_TO_US = 0 }; /* of skb->pkt_type */

/* What has to lie in one piece to be looked at: no header that a route takes is longer. */
#define HEADERS_SIZE (sizeof(struct ethernet) + sizeof(struct ipv6) + sizeof(struct tcp))

static __always_inline enum packet_kind parse(struct __sk_buff *skb, struct packet *p)
{
        __u32 size = skb->len < HEADERS_SIZE ? skb->len : HEADERS_SIZE;
        void *data = (void *) (long) skb->data, *end = (void *) (long) skb->data_end;

        if (data + size > end) {
                if (bpf_skb_pull_data(skb, size) < 0)
                        return PACKET_OTHER;
                data = (void *) (long) skb->data;
                end = (void *) (long) skb->data_end;
        }
        asm volatile("" : : "r"(p) : "memory");
        return packet_parse(p, data, end);
}

/*
 * The way from a filter of clsact to the program. The kernel empties it when the last who has it open is gone, whether or not he could
 * say goodbye: what then is left of the filter does nothing.
 */
struct {
        __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
        __uint(max_entries, 1);
        __uint(key_size, sizeof(__u32));
        __uint(value_size, sizeof(__u32));
} leash SEC(".maps");

/* What a filter has, which outlives its process. */
SEC("tc")
int trimtab_route(struct __sk_buff *skb)
{
        bpf_tail_call(skb, &leash, 0);
        return NEXT;
}

/* What a link has, which does not. */
SEC("tc")
int route_packet(struct __sk_buff *skb)
{
        struct route_key key = {};
        struct packet p = {};
        const struct route_target *t;

        /* On the way into the container it would be taken for one addressed to it, whoever it was for. */
        if (skb->pkt_type != ADDRESSED_TO_US || skb->vlan_present)
                return NEXT;
        if (parse(skb, &p) != PACKET_IP || !route_key_of(&p, skb->ifindex, &key))
                return NEXT;
        t = route_find(&key, ROUTE_AT_TC);
        if (!t || !route_fits(skb, t, BPF_MTU_CHK_SEGS))
                return NEXT;

        route_count(t, skb->gso_segs ? skb->gso_segs : 1);
        return bpf_redirect_peer(t->ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
