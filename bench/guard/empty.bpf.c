/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The floor: what the kernel takes for calling a program that lets everything through. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("cgroup/connect4")
int empty_connect(void *ctx)
{
        return 1;
}

SEC("cgroup/sendmsg4")
int empty_sendmsg(void *ctx)
{
        return 1;
}
