/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The floors: a program that does nothing; one that looks at one word for the source of a packet and writes another, in as much memory as
 * hints and limits take; and those that give each packet a source of its own before it goes on to the program that is measured, so that
 * caches are as cold as under a flood of made-up addresses.
 */

#include "kernel.bpf.h"

#include "floor.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
        __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
        __uint(max_entries, 1);
        __uint(key_size, sizeof(__u32));
        __uint(value_size, sizeof(__u32));
} next SEC(".maps");

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
        return XDP_PASS;
}

/* Where the source of an IPv4 packet without a VLAN stands. */
#define SOURCE 26

static __always_inline int with_source(struct xdp_md *ctx, __be32 source)
{
        __u8 *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;

        if (data + SOURCE + sizeof(source) > end)
                return XDP_ABORTED;
        *(__be32 *) (data + SOURCE) = source;
        bpf_tail_call(ctx, &next, 0);
        return XDP_ABORTED;
}

SEC("xdp")
int any_source(struct xdp_md *ctx)
{
        return with_source(ctx, bpf_get_prandom_u32());
}

/* Of the list of PREFIXES prefixes, one by one PREFIXES_STEP apart, that the bench makes. */
SEC("xdp")
int any_listed(struct xdp_md *ctx)
{
        return with_source(ctx, bpf_htonl((__u32) ((__u64) bpf_get_prandom_u32() * PREFIXES >> 32) * PREFIXES_STEP | 7));
}

#define WORDS(name, n)                                                                                       \
        struct {                                                                                             \
                __uint(type, BPF_MAP_TYPE_ARRAY);                                                            \
                __uint(max_entries, n);                                                                      \
                __type(key, __u32);                                                                          \
                __type(value, __u64);                                                                        \
        } name SEC(".maps")

#define N_READ  16384
#define N_WRITE 65536
WORDS(to_read, N_READ);
WORDS(to_write, N_WRITE);

SEC("xdp")
int two_words(struct xdp_md *ctx)
{
        __u8 *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        __u64 hash, *one, *other;
        __u32 key;

        if (data + SOURCE + sizeof(__u32) > end)
                return XDP_ABORTED;
        hash = *(__u32 *) (data + SOURCE) * 0x9e3779b97f4a7c15ull;
        key = hash >> 50 & (N_READ - 1);
        one = bpf_map_lookup_elem(&to_read, &key);
        key = hash >> 32 & (N_WRITE - 1);
        other = bpf_map_lookup_elem(&to_write, &key);
        if (!one || !other)
                return XDP_ABORTED;
        *other += 1 + *one;
        return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
