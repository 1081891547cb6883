/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The floor: what the kernel takes for calling a program that does nothing, on each hook that is compared. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(name, hook)                                                                                    \
        SEC("tp_btf/" hook)                                                                                  \
        int name(void *ctx)                                                                                  \
        {                                                                                                    \
                return 0;                                                                                    \
        }

EMPTY(none_enter, "irq_handler_entry")
EMPTY(none_leave, "irq_handler_exit")
EMPTY(none_raise, "softirq_raise")
EMPTY(none_s_enter, "softirq_entry")
EMPTY(none_s_leave, "softirq_exit")
EMPTY(none_poll, "napi_poll")
