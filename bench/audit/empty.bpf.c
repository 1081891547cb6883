/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The floor: what the kernel takes for calling programs that do nothing at the entry and exit of every system call. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_enter")
int empty_enter(void *ctx)
{
        return 0;
}

SEC("tp_btf/sys_exit")
int empty_exit(void *ctx)
{
        return 0;
}
