/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_PREFIX_BPF_H
#define XDP_PREFIX_BPF_H

/* Which filters look at an address: the prefixes around it. See xdp.h. */

#include "maps.bpf.h"

#define SEARCH_MAX_V4 6 /* of 33 lengths */
#define SEARCH_MAX_V6 8 /* of 129 */

static __always_inline bool find_in_line(const union xdp_line *l, bool v4, __u64 upper, __u64 lower, __u32 length, __u64 *bits)
{
        for (int i = 0; v4 && i < 4; i++)
                if (l->v4[i].key == (upper | length)) {
                        *bits = l->v4[i].bits;
                        return true;
                }
        for (int i = 0; !v4 && i < 2; i++)
                if (l->v6[i].upper == upper && l->v6[i].lower == lower && l->v6[i].length == length) {
                        *bits = l->v6[i].bits;
                        return true;
                }
        return false;
}

/* length: plus one, as it stands there. */
static __always_inline bool find(void *lines, __u32 at, bool v4, __u64 upper, __u64 lower, __u32 length, __u64 *bits)
{
        for (int i = 0; i < XDP_LINES_MAX; i++, at++) {
                const union xdp_line *l = bpf_map_lookup_elem(lines, &at);

                if (!l)
                        return false;
                if (find_in_line(l, v4, upper, lower, length, bits))
                        return true;
                if (!(v4 ? l->v4[3].key : l->v6[1].length))
                        return false;
        }
        return false;
}

static __always_inline __u64 upper_bits(__u32 n)
{
        return n < 64 ? ~(~0ull >> n) : ~0ull;
}

static __always_inline __u64 search(const struct xdp_search *s, void *lines, bool v4, __u64 upper, __u64 lower)
{
        __u64 bits = 0;
        __u8 at = 0;

        for (int i = 0; i < (v4 ? SEARCH_MAX_V4 : SEARCH_MAX_V6); i++) {
                struct xdp_step step = s->step[at];
                __u64 u = upper & upper_bits(step.length), l = v4 || step.length < 64 ? 0 : lower & upper_bits(step.length - 64);

                at = find(lines, xdp_line_of(s, u, l, step.length + 1), v4, u, l, step.length + 1, &bits) ? step.longer : step.shorter;
                if (at == 0)
                        break;
        }
        return bits;
}

static __always_inline __u64 two_words(__be32 first, __be32 second)
{
        return (__u64) bpf_ntohl(first) << 32 | bpf_ntohl(second);
}

/*
 * Few packets come this far: inline, it would cost all others their registers. Not static: the verifier looks at it once, by itself. which: enum
 * xdp_prefixes.
 */
__noinline __u64 by_address(const struct xdp_set *set, __u32 generation, __u32 which, const struct address *a)
{
        __u32 at = generation * _XDP_PREFIXES_MAX + which;
        void *lines = bpf_map_lookup_elem(&prefixes, &at);

        if (!lines || !set || !a || which >= _XDP_PREFIXES_MAX)
                return 0;
        if (which == XDP_SOURCES_V4 || which == XDP_DESTINATIONS_V4)
                return search(&set->prefixes[which], lines, true, two_words(a->word[0], 0), 0);
        return search(&set->prefixes[which], lines, false, two_words(a->word[0], a->word[1]), two_words(a->word[2], a->word[3]));
}

#endif
