/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_FILTER_BPF_H
#define XDP_FILTER_BPF_H

/* Which filter decides on a packet. */

#include "prefix.bpf.h"

static __always_inline __u64 by_port(void *outer, __u32 generation, __u16 port)
{
        void *inner = bpf_map_lookup_elem(outer, &generation);
        __u32 key = port;
        __u64 *found = inner ? bpf_map_lookup_elem(inner, &key) : NULL;

        return found ? *found : 0;
}

static __always_inline __u64 is_hinted(const __u64 bloom[XDP_HINT_WORDS], __u64 bits)
{
        __u64 hash = XDP_HINT_HASH(bits), pattern = XDP_HINT_PATTERN(hash);

        return (bloom[XDP_HINT_WORD(hash)] & pattern) == pattern;
}

/* See xdp.h. Without branches that the sources of a flood would have the CPU guess at. */
static __always_inline bool may_be_listed(__u32 generation, const struct packet *p)
{
        const struct xdp_hint *hint = bpf_map_lookup_elem(&hints, &generation);
        __u64 upper;

        if (!hint)
                return true;
        if (p->family == 4) {
                upper = bpf_ntohl(p->source.word[0]);
                return (hint->short4[upper >> 22 & 1023] >> (upper >> 16 & 63) & 1) | is_hinted(hint->bloom4, upper >> 8);
        }
        upper = (__u64) bpf_ntohl(p->source.word[0]) << 32 | bpf_ntohl(p->source.word[1]);
        return hint->short6 | is_hinted(hint->bloom6, upper >> 32) | is_hinted(hint->bloom6, upper >> 16);
}

static __always_inline __u64 by_source(const struct xdp_set *set, __u32 generation, const struct packet *p)
{
        if (!may_be_listed(generation, p))
                return 0;
        return by_address(set, generation, p->family == 4 ? XDP_SOURCES_V4 : XDP_SOURCES_V6, &p->source);
}

static __always_inline __u64 by_destination(const struct xdp_set *set, __u32 generation, const struct packet *p)
{
        return by_address(set, generation, p->family == 4 ? XDP_DESTINATIONS_V4 : XDP_DESTINATIONS_V6, &p->destination);
}

/* One bit for each filter that matches. */
static __always_inline __u64 filters_matching(const struct xdp_set *set, __u32 generation, const struct packet *p)
{
        __u64 m = set->protocol[p->protocol] & set->shape[p->shape & (XDP_SHAPES - 1)];

        if (packet_has_flags(p))
                m &= set->flags[p->flags];
        if (!(m & set->by_any))
                return m;

        if (m & set->by_source)
                m &= ~set->by_source | by_source(set, generation, p);
        if (m & set->by_destination)
                m &= ~set->by_destination | by_destination(set, generation, p);
        if (m & set->by_source_port)
                m &= ~set->by_source_port | by_port(&source_ports, generation, p->source_port);
        if (m & set->by_destination_port)
                m &= ~set->by_destination_port | by_port(&destination_ports, generation, p->destination_port);
        return m;
}

static __always_inline __u32 lowest_bit(__u64 bits)
{
        __u32 n = 0;

        for (__u32 step = 32; step > 0; step /= 2)
                if (!(bits & ((1ull << step) - 1))) {
                        bits >>= step;
                        n += step;
                }
        return n;
}

static __always_inline void count_hit(__u32 cpu, __u64 matching)
{
        __u32 key = cpu * XDP_FILTERS_MAX + lowest_bit(matching);
        __u64 *n = bpf_map_lookup_elem(&hits, &key);

        if (n)
                (*n)++;
}

enum filter_answer {
        FILTER_NONE,
        FILTER_ALLOW,
        FILTER_DROP,
};

static __always_inline enum filter_answer filter(const struct packet *p, __u32 cpu)
{
        /* Once: the set and all its maps must be those of one generation. */
        __u32 generation = *(volatile __u32 *) &control.generation & 1;
        struct xdp_set *set = bpf_map_lookup_elem(&sets, &generation);
        __u64 matching;

        if (!set)
                return FILTER_NONE;
        matching = filters_matching(set, generation, p);
        if (!matching)
                return FILTER_NONE;
        if (matching & set->allow) {
                count_hit(cpu, matching & set->allow);
                return FILTER_ALLOW;
        }
        count_hit(cpu, matching);
        return FILTER_DROP;
}

static __always_inline bool is_banned(__u64 source, __u64 now_ns)
{
        __u64 *until = bpf_map_lookup_elem(&bans, &source);

        return until && *until > now_ns;
}

#endif
