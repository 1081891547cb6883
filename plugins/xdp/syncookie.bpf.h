/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_SYNCOOKIE_BPF_H
#define XDP_SYNCOOKIE_BPF_H

/*
 * In a flood: a SYN for a listener of this machine is answered here, by the kernel's own cookie, so that the kernel never sees it; an
 * acknowledgement that belongs to no connection passes only with a right one. All else passes.
 *
 * Cookie and check are asked of the listener: the kernel takes a cookie back only if it was told, on that socket, that some are given
 * out, and it is the helpers with a socket that tell it. (Those without one, bpf_tcp_raw_…, are for who is no endpoint.)
 */

#include "kernel.bpf.h"

#include <bpf/bpf_core_read.h>

#include "socket.bpf.h"
#include "synack.bpf.h"

/* Set before load. 0: the kernel would refuse all that follows; what is never run is not looked at. */
const volatile __u32 has_cookies = 0;

#define SOCK_RCVBUF_LOCK 2
#define WINDOW_MAX       65535

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock {
        int sk_rcvbuf;
        unsigned char sk_userlocks;
};

struct tcp_options_received {
        unsigned short user_mss;
};

struct tcp_sock {
        unsigned int window_clamp;
        struct tcp_options_received rx_opt;
};

#pragma clang attribute pop

/* What depends on the listener: what the kernel makes of it when it takes the cookie back must be no less than what was said here. */
struct listener {
        __u32 window, user_mss;
        bool scaled; /* to the kernel's own maximum */
};

static __always_inline bool listener_read(struct bpf_sock *sk, struct listener *ret)
{
        struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
        struct sock *sock = (struct sock *) tcp;
        __u32 window;

        if (!tcp)
                return false;
        /* A buffer is window and overhead: never less than a quarter is window. */
        window = (__u32) sock->sk_rcvbuf / 4;
        ret->window = window > WINDOW_MAX ? WINDOW_MAX : window;
        ret->user_mss = tcp->rx_opt.user_mss;
        /* With a buffer or a window of its own the kernel scales by less, and how much less it does not say. */
        ret->scaled = !(BPF_CORE_READ_BITFIELD(sock, sk_userlocks) & SOCK_RCVBUF_LOCK) && tcp->window_clamp == 0;
        return true;
}

static __always_inline __s64 make_cookie(struct xdp_md *ctx, const struct packet *p, struct bpf_sock *sk, struct syn *s)
{
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        __u32 network = p->network & 0x3f, length = s->length & TCP_HEADER_MAX;

        /* Both ends of the range in one comparison, as the compiler has it, are none to older verifiers. */
        asm volatile("" : "+r"(length));
        if (length < sizeof(s->tcp))
                return -1;
        if (p->family == 4) {
                struct ipv4 *ip = PACKET_AT(data, end, network, struct ipv4);

                return ip ? bpf_tcp_gen_syncookie(sk, ip, sizeof(*ip), (struct tcphdr *) &s->tcp, length) : -1;
        } else {
                struct ipv6 *ip = PACKET_AT(data, end, network, struct ipv6);

                return ip ? bpf_tcp_gen_syncookie(sk, ip, sizeof(*ip), (struct tcphdr *) &s->tcp, length) : -1;
        }
}

static __always_inline __s64 check_cookie(struct xdp_md *ctx, const struct packet *p, struct bpf_sock *sk)
{
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        __u32 network = p->network & 0x3f;
        struct tcp *tcp = PACKET_AT(data, end, p->transport & 0x3ff, struct tcp);

        if (!tcp)
                return 0;
        if (p->family == 4) {
                struct ipv4 *ip = PACKET_AT(data, end, network, struct ipv4);

                return ip ? bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), (struct tcphdr *) tcp, sizeof(*tcp)) : 0;
        } else {
                struct ipv6 *ip = PACKET_AT(data, end, network, struct ipv6);

                return ip ? bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), (struct tcphdr *) tcp, sizeof(*tcp)) : 0;
        }
}

/* Congestion is told by ECN if both want it, and who asks for it must not mark the SYN itself. */
static __always_inline bool wants_ecn(struct xdp_md *ctx, const struct packet *p)
{
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        __be32 *head = PACKET_AT(data, end, p->network & 0x3f, __be32);
        __u32 ect;

        if (!head || (p->flags & (TCP_ECE | TCP_CWR)) != (TCP_ECE | TCP_CWR))
                return false;
        ect = bpf_ntohl(*head) >> (p->family == 4 ? 16 : 20) & 3;
        return ect == 0;
}

static __always_inline __u32 mss_of(const struct packet *p, __u32 user_mss)
{
        __u32 headers = sizeof(struct tcp) + (p->family == 4 ? sizeof(struct ipv4) : sizeof(struct ipv6));
        __u32 mss = control.mtu > headers ? control.mtu - headers : 0;

        return user_mss && user_mss < mss ? user_mss : mss;
}

static __always_inline enum xdp_verdict answer_syn(struct xdp_md *ctx, const struct packet *p)
{
        __u32 cookies = control.cookies, length, key = 0;
        struct syn *s = bpf_map_lookup_elem(&syns, &key);
        struct bpf_sock *sk;
        struct listener listener;
        struct reply r;
        struct synack a;
        __s64 cookie = -1;

        if (!s)
                return XDP_VERDICT_PASS;
        /* What is signed wants a signed answer; the kernel looks at the signature before it keeps anything. */
        if (!syn_read(s, (void *) (long) ctx->data, (void *) (long) ctx->data_end, p->transport & 0x3ff) || s->signature)
                return XDP_VERDICT_PASS;

        sk = find_socket(ctx, p);
        if (!sk)
                return XDP_VERDICT_PASS;
        /* A SYN for what is a connection, or was one, is the kernel's to judge. */
        if (sk->state == TCP_LISTEN && ends_here(ctx, p) && listener_read(sk, &listener))
                cookie = make_cookie(ctx, p, sk, s);
        bpf_sk_release(sk);
        if (cookie < 0)
                return XDP_VERDICT_PASS;

        r.cookie = cookie;
        r.mss = mss_of(p, listener.user_mss);
        r.window = listener.window;
        r.stamped = cookies & XDP_COOKIES_STAMPS && s->stamped;
        r.sack = cookies & XDP_COOKIES_SACK && s->sack;
        r.scaled = cookies & XDP_COOKIES_SCALE && s->scaled && listener.scaled;
        r.ecn = cookies & XDP_COOKIES_ECN && r.stamped && wants_ecn(ctx, p);
        length = synack_make(&a, s, &r);
        synack_sum(&a, p, length);
        return synack_write(ctx, p, &a, length) ? XDP_VERDICT_ANSWERED : XDP_VERDICT_PASS;
}

static __always_inline enum xdp_verdict judge_ack(struct xdp_md *ctx, const struct packet *p)
{
        struct bpf_sock *sk = find_socket(ctx, p);
        __s64 r = 0;

        if (!sk)
                return XDP_VERDICT_PASS;
        if (sk->state == TCP_LISTEN)
                r = check_cookie(ctx, p, sk);
        bpf_sk_release(sk);
        return r < 0 && ends_here(ctx, p) ? XDP_VERDICT_COOKIE : XDP_VERDICT_PASS;
}

/* To us, from somebody who can be answered. */
static __always_inline bool is_between_hosts(struct xdp_md *ctx, const struct packet *p)
{
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        struct ethernet *e = PACKET_AT(data, end, 0, struct ethernet);
        __u8 differs = 0;
        __u32 first;

        if (!e || e->source[0] & 1)
                return false;
        for (__u32 i = 0; i < sizeof(e->destination); i++)
                differs |= e->destination[i] ^ control.mac[i];
        if (differs)
                return false;

        first = bpf_ntohl(p->source.word[0]);
        if (p->family == 4)
                return first >> 24 != 0 && first >> 24 != 127 && first >> 24 < 224;
        /* Sockets of link-local peers are bound to a device, which may be another than ours: a VLAN on it, a bridge above it. */
        return first >> 24 != 0xff && first >> 22 != 0xfe80 >> 6;
}

/* Where the headers are as TCP has them: a SYN-ACK has no others. */
static __always_inline bool is_plain_tcp(const struct packet *p)
{
        __u32 header = p->transport - p->network;

        return p->protocol == PROTOCOL_TCP && packet_piece(p) == XDP_WHOLE &&
               (p->family == 4 ? header <= 60 : header == sizeof(struct ipv6));
}

/* A function to the verifier too, which so looks at it once, by itself. An enum xdp_verdict. */
__attribute__((noinline)) int try_syncookie(struct xdp_md *ctx, const struct packet *p)
{
        if (!has_cookies || !p || !(control.cookies & XDP_COOKIES_ON) || !is_plain_tcp(p) || !is_between_hosts(ctx, p))
                return XDP_VERDICT_PASS;

        switch (p->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) {
        case TCP_SYN:
                return answer_syn(ctx, p);
        case TCP_ACK:
        case TCP_ACK | TCP_FIN:
                return judge_ack(ctx, p);
        }
        return XDP_VERDICT_PASS;
}

static __always_inline enum xdp_verdict syncookie(struct xdp_md *ctx, const struct packet *p)
{
        /* Of what a function returns the verifier knows nothing. */
        switch (try_syncookie(ctx, p)) {
        case XDP_VERDICT_COOKIE:
                return XDP_VERDICT_COOKIE;
        case XDP_VERDICT_ANSWERED:
                return XDP_VERDICT_ANSWERED;
        }
        return XDP_VERDICT_PASS;
}

#endif
