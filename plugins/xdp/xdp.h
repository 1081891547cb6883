/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_H
#define XDP_H

/*
 * What the XDP program and its user side share. One program, with maps of its own, serves one interface; it is attached once, and
 * what it does is then switched by words in its data. Include after the kernel's types.
 */

/* xdp_control.mode, as flags. 0: everything passes, and nothing is counted. */
#define XDP_MODE_MONITOR  (1u << 0) /* count */
#define XDP_MODE_FILTER   (1u << 1) /* lists, bans and limits */
#define XDP_MODE_FLOOD    (1u << 2) /* SYN cookies, on top of filter */
#define XDP_MODE_REDIRECT (1u << 3) /* routes */

/* What became of a packet: index of xdp_counters.verdicts. */
enum xdp_verdict {
        XDP_VERDICT_PASS,
        XDP_VERDICT_FILTER,      /* the rest but the last two are reasons of a drop */
        XDP_VERDICT_BAN,
        XDP_VERDICT_SOURCE,      /* over the limit of its source, */
        XDP_VERDICT_DESTINATION, /* of its destination and port, */
        XDP_VERDICT_LIMIT,       /* of the interface */
        XDP_VERDICT_MALFORMED,
        XDP_VERDICT_COOKIE,      /* an acknowledgement of nothing */
        XDP_VERDICT_ANSWERED,    /* a SYN, by a SYN cookie */
        XDP_VERDICT_REDIRECT,
        _XDP_VERDICT_MAX,
};

/*
 * Counted per CPU and receive queue, so that nobody shares a line. The told ones are what was already added to the window in which
 * floods are looked for, their lower halves.
 */
struct xdp_counters {
        __u64 packets, bytes, syns;
        __u64 now_ns; /* the coarse clock … */
        __u32 tick;   /* … as it was read in this tick of the kernel's timer */
        __u32 packets_told, syns_told, reserved;
        __u64 verdicts[_XDP_VERDICT_MAX];
};

#define XDP_FILTERS_MAX 64 /* one bit each */

/* Which part of a datagram: index of xdp_set.piece. */
enum xdp_piece {
        XDP_WHOLE,
        XDP_FIRST, /* fragment: ports and flags are in it … */
        XDP_LATER, /* … and not in this one */
        _XDP_PIECE_MAX,
};

/* Index of xdp_set.shape: the piece, and these. */
#define XDP_SHAPE_V6    (1u << 2)
#define XDP_SHAPE_PORTS (1u << 3)
#define XDP_SHAPE_FLAGS (1u << 4)
#define XDP_SHAPES      32

/*
 * Prefixes of addresses, found by binary search on their lengths: all of them in one hash table, and which length to look for next. Where
 * longer ones may be found, a marker stands for them at the lengths before. Each, and each marker, has the filters of all prefixes
 * around it. As numbers in the machine's order, from the highest bit on; the lower half of an IPv4 address is 0.
 */
struct xdp_step {
        __u8 length;
        __u8 longer, shorter; /* the next, where there was one of that length or not; 0: that was all */
        __u8 reserved;
};
#define XDP_STEPS 256 /* of 129 lengths: whatever a byte says is a place in it, and nobody has to check */

struct xdp_search {
        __u64 factor; /* of the hash */
        __u32 n_lines;
        struct xdp_step step[XDP_STEPS];
};

/* A cache line of the hash table. What has no room in its line stands in the next, and so on; nothing stands behind one with room. */
union xdp_line {
        struct {
                __u64 key; /* address and length + 1; 0: free */
                __u64 bits;
        } v4[4];
        struct {
                __u64 upper, lower;
                __u64 length; /* + 1; 0: free */
                __u64 bits;
        } v6[2];
};
#define XDP_LINES_MAX 4 /* in which one may stand */

/* The first of them. */
static inline __u32 xdp_line_of(const struct xdp_search *s, __u64 upper, __u64 lower, __u32 length)
{
        __u64 hash = upper * s->factor;

        hash = (hash ^ hash >> 32 ^ lower ^ length) * s->factor;
        return (hash >> 32) * s->n_lines >> 32;
}

/* Index of xdp_set.prefixes, and their maps. */
enum xdp_prefixes {
        XDP_SOURCES_V4,
        XDP_SOURCES_V6,
        XDP_DESTINATIONS_V4,
        XDP_DESTINATIONS_V6,
        _XDP_PREFIXES_MAX,
};

/*
 * Filters, as one bit each in a table for each thing that they look at: those that match are the AND of all. A filter that does not
 * look at something has its bit in all of that table. Addresses and ports are in maps of their own.
 */
struct xdp_set {
        __u64 protocol[256];
        __u64 flags[256];                   /* of TCP */
        __u64 shape[XDP_SHAPES];            /* family, piece, and what of a transport's header is there */
        __u64 by_source, by_destination;    /* look at that address … */
        __u64 by_source_port, by_destination_port;
        __u64 by_any;                       /* … or any of these */
        __u64 allow;                        /* let pass; the others drop */
        struct xdp_search prefixes[_XDP_PREFIXES_MAX];
};

/*
 * Of the sources that any filter looks at: what is not in this needs no look into their table, which is much larger. Short
 * prefixes stand in a table of their own; of the others the first bits are in a Bloom filter, all bits of one in one word. Who is in it
 * by chance pays a look, that is all.
 */
#define XDP_HINT_WORDS 16384

struct xdp_hint {
        __u64 short4[65536 / 64]; /* upper 16 bits of IPv4, covered by a prefix that is no longer than that */
        __u64 bloom4[XDP_HINT_WORDS]; /* upper 24 bits of IPv4 */
        __u64 bloom6[XDP_HINT_WORDS]; /* upper 32 bits of IPv6 for prefixes that are shorter than 48, else upper 48 */
        __u64 short6;                 /* a prefix of IPv6 is shorter than 32: look for all */
};

#define XDP_HINT_HASH(x)       ((x) * 0x9e3779b97f4a7c15ull)
#define XDP_HINT_WORD(hash)    ((hash) >> 50 & (XDP_HINT_WORDS - 1))
#define XDP_HINT_PATTERN(hash) (1ull << ((hash) >> 44 & 63) | 1ull << ((hash) >> 38 & 63) | 1ull << ((hash) >> 32 & 63))

/* A limit as a generic cell rate algorithm: 0: none. */
struct xdp_rate {
        __u64 interval_ns; /* between two packets at the limit */
        __u64 burst_ns;    /* how far ahead of that they may be */
};

/* xdp_control.cookies, as flags: what may be agreed on with who is answered by a SYN cookie. */
#define XDP_COOKIES_ON     (1u << 0) /* answer at all: the kernel takes cookies back */
#define XDP_COOKIES_STAMPS (1u << 1) /* timestamps; the rest goes with them */
#define XDP_COOKIES_SACK   (1u << 2)
#define XDP_COOKIES_SCALE  (1u << 3)
#define XDP_COOKIES_ECN    (1u << 4)

struct xdp_control {
        __u32 mode;
        __u32 generation; /* which of two sets of filters: 0 or 1 */
        __u32 n_bans;
        __u32 cookies;
        struct xdp_rate source, destination, interface;
        __u64 flood_pps, flood_syn_pps; /* 0: no watch */
        /* Of SYN cookies. */
        __u16 mtu;
        __u8 mac[6];       /* of the interface */
        __u32 window_scale; /* what the kernel scales a listener's windows by */
        __u32 reserved;
};

/* What the program has noticed. Times: CLOCK_MONOTONIC, of the clock of that name. */
struct xdp_notice {
        __u64 start_ns;          /* of the window … */
        __u64 packets, syns;     /* … and what it has seen since */
        __u64 flood_ns;          /* the last window over the limit */
        __u64 syn_flood_ns;
        __u64 noticed_ns;        /* the flood began to be one; precise */
        __u64 first_drop_ns;     /* the first drop after that; precise */
};

#define XDP_WINDOW_NS    10000000ull   /* of noticing: a coarse clock ticks some times in it */
#define XDP_FLOOD_FOR_NS 1000000000ull /* a flood is one for as long after its last such window */

/* In the ring: a flood began. */
struct xdp_event {
        __u64 time_ns;
        __u32 syn;
        __u32 reserved;
};

/*
 * A source is an IPv4 address or the /64 of an IPv6 one: who has one of those has all of it. As a number: the IPv4 address, or the
 * upper half of the other.
 */
#define XDP_SOURCE_V6 (1ull << 63) /* set where the upper half alone could be taken for IPv4 */

/* The sources that send most, by majority: a place goes to whoever fills most of it. */
struct xdp_talker {
        __u64 source;
        __u64 packets; /* since it has the place */
        __u32 weight;
        __u32 family;  /* 4, 6; 0: free */
};
#define XDP_TALKERS     512 /* a CPU */
#define XDP_TALKERS_MAX_WEIGHT 4096

#endif
