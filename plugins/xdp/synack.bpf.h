/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_SYNACK_BPF_H
#define XDP_SYNACK_BPF_H

/*
 * The SYN-ACK, written in the place of the SYN.
 *
 * A cookie has room for a maximum segment size, no more. All else that was agreed on must come back with the client's acknowledgement,
 * and only its timestamp does: the kernel takes window scaling, SACK and ECN from the lowest bits of the timestamp that it is shown.
 * It first takes off what it adds to timestamps, which is secret and another for each peer, unless tcp_timestamps is 2: otherwise
 * those options cannot be agreed on here.
 */

#include "syn.bpf.h"

#define FRAME_MIN 60 /* without its checksum: not every driver fills up what is sent back */
#define TTL       64

/* In the cookie's timestamp. */
#define STAMP_NO_SCALE 0x0fu
#define STAMP_SACK     0x10u
#define STAMP_ECN      0x20u
#define STAMP_BITS     0x3fu

struct synack {
        struct tcp tcp;
        __be32 option[5];
};

/* With an MSS alone. */
struct synack_short {
        struct tcp tcp;
        __be32 option[1];
};

/* What the answer says, but for addresses. */
struct reply {
        __u32 cookie;
        __u32 mss, window;
        bool stamped, sack, scaled, ecn;
};

static __always_inline __be32 option_word(__u32 a, __u32 b, __u32 c, __u32 d)
{
        return bpf_htonl(a << 24 | b << 16 | c << 8 | d);
}

/* Now, in ms as the kernel's own, and a little before it: its next one must not be less. */
static __always_inline __u32 cookie_stamp(const struct syn *s, const struct reply *r)
{
        __u32 scale = s->scale, bits = STAMP_NO_SCALE;
        __u64 now_ms = bpf_ktime_get_ns() / 1000000, stamp;

        if (r->scaled)
                bits = scale > TCP_SCALE_MAX ? TCP_SCALE_MAX : scale;
        if (r->sack)
                bits |= STAMP_SACK;
        if (r->ecn)
                bits |= STAMP_ECN;
        stamp = (now_ms & ~(__u64) STAMP_BITS) | bits;
        return stamp > now_ms ? stamp - STAMP_BITS - 1 : stamp;
}

/* Its length. The checksum is not in it yet. */
static __always_inline __u32 synack_make(struct synack *a, const struct syn *s, const struct reply *r)
{
        __u32 length = sizeof(struct synack_short);

        __builtin_memset(a, 0, sizeof(*a));
        a->tcp.source_port = s->tcp.destination_port;
        a->tcp.destination_port = s->tcp.source_port;
        a->tcp.sequence = bpf_htonl(r->cookie);
        a->tcp.acknowledgement = bpf_htonl(bpf_ntohl(s->tcp.sequence) + 1);
        a->tcp.flags = TCP_SYN | TCP_ACK | (r->ecn ? TCP_ECE : 0);
        a->tcp.window = bpf_htons(r->window);
        a->option[0] = option_word(TCP_OPTION_MSS, 4, r->mss >> 8, r->mss & 0xff);
        if (r->stamped) {
                length = sizeof(*a);
                a->option[1] = r->sack ? option_word(TCP_OPTION_SACK, 2, TCP_OPTION_STAMP, 10)
                                       : option_word(TCP_OPTION_NOP, TCP_OPTION_NOP, TCP_OPTION_STAMP, 10);
                a->option[2] = bpf_htonl(cookie_stamp(s, r));
                a->option[3] = s->stamp;
                a->option[4] = r->scaled ? option_word(TCP_OPTION_NOP, TCP_OPTION_SCALE, 3, control.window_scale)
                                         : option_word(TCP_OPTION_NOP, TCP_OPTION_NOP, TCP_OPTION_NOP, TCP_OPTION_NOP);
        }
        a->tcp.offset = length / 4 << 4;
        return length;
}

/* One's complement sums do not mind the order of bytes or words: all is added as it stands in the packet. */
static __always_inline __u64 sum_words(const __be32 *word, __u32 n)
{
        __u64 sum = 0;

        for (__u32 i = 0; i < n; i++)
                sum += word[i];
        return sum;
}

static __always_inline __be16 fold_sum(__u64 sum)
{
        sum = (sum & 0xffffffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return ~sum;
}

static __always_inline void synack_sum(struct synack *a, const struct packet *p, __u32 length)
{
        /* Words behind the end are 0. */
        __u64 sum = sum_words((const __be32 *) a, sizeof(*a) / 4) + bpf_htonl(PROTOCOL_TCP) + bpf_htonl(length);

        /* Of IPv4 the others are 0. */
        sum += sum_words(p->source.word, 4) + sum_words(p->destination.word, 4);
        a->tcp.checksum = fold_sum(sum);
}

static __always_inline void turn_ethernet(struct ethernet *e)
{
        __u8 to[6];

        __builtin_memcpy(to, e->source, sizeof(to));
        __builtin_memcpy(e->source, e->destination, sizeof(to));
        __builtin_memcpy(e->destination, to, sizeof(to));
}

/* What stands before the TCP header. */
static __always_inline bool write_ipv4(struct ipv4 *ip, const struct packet *p, __u32 tcp_length)
{
        struct ipv4 v = { .version_length = 0x45, .ttl = TTL, .protocol = PROTOCOL_TCP };

        if (!ip)
                return false;
        v.length = bpf_htons(sizeof(v) + tcp_length);
        v.fragment = bpf_htons(0x4000); /* not to be split */
        v.source = p->destination.word[0];
        v.destination = p->source.word[0];
        v.checksum = fold_sum(sum_words((const __be32 *) &v, sizeof(v) / 4));
        *ip = v;
        return true;
}

static __always_inline bool write_ipv6(struct ipv6 *ip, const struct packet *p, __u32 tcp_length)
{
        if (!ip)
                return false;
        ip->version_class_label = bpf_htonl(6u << 28);
        ip->length = bpf_htons(tcp_length);
        ip->next = PROTOCOL_TCP;
        ip->hop_limit = TTL;
        __builtin_memcpy(ip->source, p->destination.word, sizeof(ip->source));
        __builtin_memcpy(ip->destination, p->source.word, sizeof(ip->destination));
        return true;
}

/* Of the packet the answer, as long as that is. Before anything is written it is made sure that all can be. */
static __always_inline bool synack_write(struct xdp_md *ctx, const struct packet *p, const struct synack *a, __u32 tcp_length)
{
        __u32 network = p->network & 0x3f, transport = network + (p->family == 4 ? sizeof(struct ipv4) : sizeof(struct ipv6));
        __u32 length = transport + tcp_length;
        struct synack_short *brief;
        struct ethernet *ethernet;
        struct synack *whole;
        void *data, *end;

        if (length < FRAME_MIN)
                length = FRAME_MIN;
        if (bpf_xdp_adjust_tail(ctx, (int) length - (int) (ctx->data_end - ctx->data)) < 0)
                return false;
        data = (void *) (long) ctx->data;
        end = (void *) (long) ctx->data_end;

        ethernet = PACKET_AT(data, end, 0, struct ethernet);
        brief = PACKET_AT(data, end, transport, struct synack_short);
        whole = PACKET_AT(data, end, transport, struct synack);
        if (!ethernet || !brief || (tcp_length == sizeof(*whole) && !whole))
                return false;
        if (p->family == 4 ? !write_ipv4(PACKET_AT(data, end, network, struct ipv4), p, tcp_length)
                           : !write_ipv6(PACKET_AT(data, end, network, struct ipv6), p, tcp_length))
                return false;
        turn_ethernet(ethernet);
        if (tcp_length == sizeof(*whole))
                *whole = *a;
        else
                *brief = *(const struct synack_short *) a;
        return true;
}

#endif
