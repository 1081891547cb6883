/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The floor: what the kernel takes for calling a program that does nothing, on each hook that is compared. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/block_rq_complete")
int empty_complete(void *ctx)
{
        return 0;
}

SEC("tp_btf/block_rq_issue")
int empty_issue(void *ctx)
{
        return 0;
}

SEC("tp_btf/block_rq_insert")
int empty_insert(void *ctx)
{
        return 0;
}
