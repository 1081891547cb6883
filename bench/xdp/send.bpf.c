/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Sends each frame on by one interface: with BPF_F_TEST_XDP_LIVE_FRAMES it is the kernel's own packet generator. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

const volatile __u32 ifindex = 0;

SEC("xdp")
int send(struct xdp_md *ctx)
{
        return bpf_redirect(ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
