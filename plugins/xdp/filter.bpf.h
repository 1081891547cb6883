/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_FILTER_BPF_H
#define XDP_FILTER_BPF_H

/* Which filter decides on a packet. */

#include "maps.bpf.h"

/* The filters of a table's inner map that match, of those that look at it. */
static __always_inline __u64 look_up(void *outer, __u32 generation, const void *key)
{
        void *inner = bpf_map_lookup_elem(outer, &generation);
        __u64 *found = inner ? bpf_map_lookup_elem(inner, key) : NULL;

        return found ? *found : 0;
}

static __always_inline __u64 by_port(void *outer, __u32 generation, __u16 port)
{
        __u32 key = port;

        return look_up(outer, generation, &key);
}

/* Keys of tries: the length, and the address as it stands in the packet. */
static __always_inline __u64 by_address(void *outer4, void *outer6, __u32 generation, bool v4, const struct address *a)
{
        struct {
                __u32 length;
                __be32 word[1];
        } key4;
        struct {
                __u32 length;
                __be32 word[4];
        } key6;

        if (v4) {
                key4.length = 32;
                key4.word[0] = a->word[0];
                return look_up(outer4, generation, &key4);
        }
        key6.length = 128;
        key6.word[0] = a->word[0];
        key6.word[1] = a->word[1];
        key6.word[2] = a->word[2];
        key6.word[3] = a->word[3];
        return look_up(outer6, generation, &key6);
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

static __always_inline __u64 by_source(__u32 generation, const struct packet *p)
{
        if (!may_be_listed(generation, p))
                return 0;
        return by_address(&sources4, &sources6, generation, p->family == 4, &p->source);
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
                m &= ~set->by_source | by_source(generation, p);
        if (m & set->by_destination)
                m &= ~set->by_destination | by_address(&destinations4, &destinations6, generation, p->family == 4, &p->destination);
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
