/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_SYN_BPF_H
#define XDP_SYN_BPF_H

/* A SYN, read: its header, and what it offers to agree on. */

#include "maps.bpf.h"

#define TCP_FIN 0x01
#define TCP_ECE 0x40
#define TCP_CWR 0x80

enum tcp_option {
        TCP_OPTION_END = 0,
        TCP_OPTION_NOP = 1,
        TCP_OPTION_MSS = 2,
        TCP_OPTION_SCALE = 3,
        TCP_OPTION_SACK = 4,
        TCP_OPTION_STAMP = 8,
        TCP_OPTION_MD5 = 19,
        TCP_OPTION_AO = 29,
};

#define TCP_HEADER_MAX 60 /* and so a mask of its own: lengths are in fours */
#define TCP_SCALE_MAX  14

/*
 * What a SYN says. In a map, and volatile, for the verifier's sake: it does not remember what is in there, so that each option is the
 * same to it as the one before, whatever that was. On the stack the ways through the options multiply.
 */
struct syn {
        union {
                struct tcp tcp;
                __be32 word[TCP_HEADER_MAX / 4 + 1];
                __u8 byte[TCP_HEADER_MAX + 4];
        };
        volatile __u32 length; /* of the header */
        volatile __u32 at;     /* of the next option */
        volatile __u32 sack, signature, stamped, scaled;
        volatile __u32 scale;
        volatile __be32 stamp;
};

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct syn);
} syns SEC(".maps");

static __always_inline __be32 syn_word(const struct syn *s, __u32 at)
{
        return bpf_htonl((__u32) s->byte[at & 63] << 24 | (__u32) s->byte[(at + 1) & 63] << 16 |
                         (__u32) s->byte[(at + 2) & 63] << 8 | s->byte[(at + 3) & 63]);
}

/* Whether there may be another. */
static __always_inline bool read_option(struct syn *s)
{
        __u32 at = s->at, length = s->length, size;
        __u8 kind;

        if (at >= length)
                return false;
        kind = s->byte[at & 63];
        if (kind == TCP_OPTION_END)
                return false;
        if (kind == TCP_OPTION_NOP) {
                s->at = at + 1;
                return true;
        }
        size = s->byte[(at + 1) & 63];
        if (at + 2 > length || size < 2 || at + size > length)
                return false;

        if (kind == TCP_OPTION_SCALE && size == 3) {
                s->scaled = 1;
                s->scale = s->byte[(at + 2) & 63];
        } else if (kind == TCP_OPTION_SACK && size == 2)
                s->sack = 1;
        else if (kind == TCP_OPTION_STAMP && size == 10) {
                s->stamped = 1;
                s->stamp = syn_word(s, at + 2);
        } else if (kind == TCP_OPTION_MD5 || kind == TCP_OPTION_AO)
                s->signature = 1;
        s->at = at + size;
        return true;
}

/* The header out of the packet, and the options out of it. False: it is not all there. */
static __always_inline bool syn_read(struct syn *s, void *data, void *end, __u32 at)
{
        struct tcp *tcp = PACKET_AT(data, end, at, struct tcp);

        if (!tcp)
                return false;
        s->length = (tcp->offset >> 4) * 4;
        for (__u32 i = 0; i < TCP_HEADER_MAX / 4 && i * 4 < s->length; i++) {
                __be32 *word = PACKET_AT(data, end, at + i * 4, __be32);

                if (!word)
                        return false;
                s->word[i] = *word;
        }

        s->at = sizeof(*tcp);
        s->sack = s->signature = s->stamped = s->scaled = 0;
#pragma clang loop unroll(disable)
        for (__u32 i = 0; i < TCP_HEADER_MAX - sizeof(*tcp); i++)
                if (!read_option(s))
                        break;
        return true;
}

#endif
