/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Refuses whatever a process of one cgroup, or of those below it, does by each of the cgroup hooks. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 guarded;
const volatile __s32 level;

struct bpf_sock;
struct bpf_sock_addr;

/* 1: let it be. */
static __always_inline int verdict(void)
{
        return bpf_get_current_ancestor_cgroup_id(level) != guarded;
}

#define REFUSE(section, name, context)                                                                                                     \
        SEC(section)                                                                                                                       \
        int name(struct context *ctx)                                                                                                      \
        {                                                                                                                                  \
                return verdict();                                                                                                          \
        }

REFUSE("cgroup/connect4", ref_connect4, bpf_sock_addr)
REFUSE("cgroup/connect6", ref_connect6, bpf_sock_addr)
REFUSE("cgroup/sendmsg4", ref_sendmsg4, bpf_sock_addr)
REFUSE("cgroup/sendmsg6", ref_sendmsg6, bpf_sock_addr)
REFUSE("cgroup/bind4", ref_bind4, bpf_sock_addr)
REFUSE("cgroup/bind6", ref_bind6, bpf_sock_addr)
REFUSE("cgroup/sock_create", ref_sock_create, bpf_sock)
