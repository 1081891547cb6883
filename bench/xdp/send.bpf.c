/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Sends each frame on by one interface: with BPF_F_TEST_XDP_LIVE_FRAMES it is the kernel's own packet generator. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

#define WORDS 8

const volatile __u32 ifindex = 0;
const volatile __u64 frame[WORDS] = {};

SEC("xdp")
int send(struct xdp_md *ctx)
{
        __u64 *words = (void *) (long) ctx->data;

        if ((void *) (words + WORDS) > (void *) (long) ctx->data_end)
                return XDP_ABORTED;
        /* Frames come back to be sent again, and whoever forwarded one has changed it. */
        for (int i = 0; i < WORDS; i++)
                words[i] = frame[i];
        return bpf_redirect(ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
