/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_LIMIT_BPF_H
#define XDP_LIMIT_BPF_H

/*
 * Limits by the generic cell rate algorithm: a bucket is one number, the time at which the next packet would be due if all had come
 * at the limit. Buckets are found by hash in an array of fixed size: who shares one shares its limit, and no flood of made-up
 * addresses makes the kernel allocate anything or forget anybody.
 */

#include "maps.bpf.h"

/* Multiply-shift: the upper bits are as good as any hash's to who does not know the factor. The lower ones are not: all that differ
 * in their upper bits only have the same. */
static __always_inline __u64 mix(__u64 x)
{
        x *= factor;
        return x ^ x >> 32;
}

static __always_inline __u32 bucket_of(__u64 x)
{
        return (mix(x) >> 32) * ((__u64) bucket_mask + 1) >> 32;
}

/*
 * Whether there is room for one more. CPUs that meet at one bucket may lose one of their counts: of one source's packets, which
 * come in by one queue, none.
 */
static __always_inline bool take(__u64 *bucket, const struct xdp_rate *rate, __u64 interval_ns, __u64 now_ns)
{
        __s64 ahead_ns = *(volatile __u64 *) bucket - now_ns, past = ahead_ns >> 63;

        /* Who comes when is anybody's guess: a branch here is guessed wrong with every other source of a flood. So the compiler must not see
         * that this is a maximum. */
        asm volatile("" : "+r"(past));
        ahead_ns &= ~past;
        if (ahead_ns > (__s64) rate->burst_ns)
                return false;
        *(volatile __u64 *) bucket = now_ns + ahead_ns + interval_ns;
        return true;
}

static __always_inline __u64 destination_of(const struct packet *p)
{
        __u64 port = packet_has_ports(p) ? p->destination_port : 0, v;

        if (p->family == 4)
                return p->destination.word[0] | port << 32 | (__u64) p->protocol << 48;
        v = mix((__u64) p->destination.word[0] << 32 | p->destination.word[1]);
        v ^= (__u64) p->destination.word[2] << 32 | p->destination.word[3];
        return v ^ (port << 8 | p->protocol);
}

/* The most specific one first: what its own limit stops takes no room in the others'. */
static __always_inline enum xdp_verdict limit(const struct packet *p, __u64 source, __u64 now_ns)
{
        __u64 interval_ns, *bucket;
        __u32 key;

        interval_ns = *(volatile __u64 *) &control.source.interval_ns;
        if (interval_ns) {
                key = bucket_of(source);
                bucket = bpf_map_lookup_elem(&source_buckets, &key);
                if (bucket && !take(bucket, &control.source, interval_ns, now_ns))
                        return XDP_VERDICT_SOURCE;
        }
        interval_ns = *(volatile __u64 *) &control.destination.interval_ns;
        if (interval_ns) {
                key = bucket_of(destination_of(p));
                bucket = bpf_map_lookup_elem(&destination_buckets, &key);
                if (bucket && !take(bucket, &control.destination, interval_ns, now_ns))
                        return XDP_VERDICT_DESTINATION;
        }
        interval_ns = *(volatile __u64 *) &control.interface.interval_ns;
        if (interval_ns) {
                key = 0;
                bucket = bpf_map_lookup_elem(&interface_bucket, &key);
                if (bucket && !take(bucket, &control.interface, interval_ns, now_ns))
                        return XDP_VERDICT_LIMIT;
        }
        return XDP_VERDICT_PASS;
}

#endif
