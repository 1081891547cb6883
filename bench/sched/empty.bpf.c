/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The floor: what the kernel takes for calling a program that does nothing, on each hook that is compared. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_switch")
int empty_switch(void *ctx)
{
        return 0;
}

SEC("tp_btf/sched_migrate_task")
int empty_migrate(void *ctx)
{
        return 0;
}

SEC("tp_btf/sched_wakeup")
int empty_wakeup(void *ctx)
{
        return 0;
}

SEC("tp_btf/sched_wakeup_new")
int empty_newtask(void *ctx)
{
        return 0;
}
