/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The floors: a program that does nothing, and one that gives each packet a source of its own before it goes on to the program that is
 * measured, so that caches are as cold as under a flood of made-up addresses.
 */

#include "kernel.bpf.h"

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

SEC("xdp")
int any_source(struct xdp_md *ctx)
{
        __u8 *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;

        if (data + SOURCE + sizeof(__u32) > end)
                return XDP_ABORTED;
        *(__u32 *) (data + SOURCE) = bpf_get_prandom_u32();
        bpf_tail_call(ctx, &next, 0);
        return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
