/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_ADDRESS_BPF_H
#define GUARD_ADDRESS_BPF_H

/* From the kernel's forms of an address to the one that is judged. Include guard.h first. */

#include <bpf/bpf_endian.h>

#define AF_UNSPEC 0
#define AF_INET   2
#define AF_INET6  10
#define AF_PACKET 17

#define SOCK_STREAM 1
#define SOCK_DGRAM  2
#define SOCK_RAW    3

#define IPPROTO_ICMP    1
#define IPPROTO_TCP     6
#define IPPROTO_UDP     17
#define IPPROTO_DCCP    33
#define IPPROTO_ICMPV6  58
#define IPPROTO_SCTP    132
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPTCP   262

#define EPERM 1

/* Before the address: a port is one only where the protocol has them. */
static __always_inline void set_protocol(struct guard_request *rq, __u32 protocol)
{
        rq->protocol = protocol == IPPROTO_MPTCP ? IPPROTO_TCP : protocol;
}

static __always_inline void set_port(struct guard_request *rq, __be16 port)
{
        __u8 p = rq->protocol;

        if (p == IPPROTO_TCP || p == IPPROTO_UDP || p == IPPROTO_SCTP || p == IPPROTO_DCCP || p == IPPROTO_UDPLITE)
                rq->port = bpf_ntohs(port);
}

static __always_inline void set_v4(struct guard_request *rq, __be32 address, __be16 port)
{
        rq->family = 4;
        rq->upper = (__u64) bpf_ntohl(address) << 32;
        rq->lower = 0;
        set_port(rq, port);
}

/* An IPv4 address in IPv6's clothes is one. */
static __always_inline void set_v6(struct guard_request *rq, const __be32 *word, __be16 port)
{
        rq->upper = (__u64) bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
        rq->lower = (__u64) bpf_ntohl(word[2]) << 32 | bpf_ntohl(word[3]);
        rq->family = 6;
        if (rq->upper == 0 && rq->lower >> 32 == 0xffff) {
                rq->family = 4;
                rq->upper = rq->lower << 32;
                rq->lower = 0;
        }
        set_port(rq, port);
}

#endif
