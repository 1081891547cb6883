/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Refuses whatever a process of one cgroup, or of those below it, does by each of the cgroup hooks, but for what it sends to loopback, which
 * no guard can well refuse.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 guarded;
const volatile __s32 level;

/* struct bpf_sock_addr, to the last field that is used here. */
struct asked {
        __u32 user_family;
        __u32 user_ip4; /* in the network's order */
        __u32 user_ip6[4];
};

/* 1: let it be. */
static __always_inline int verdict(void)
{
        return bpf_get_current_ancestor_cgroup_id(level) != guarded;
}

static __always_inline bool is_loopback4(const struct asked *ctx)
{
        return (ctx->user_ip4 & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

static __always_inline bool is_loopback6(const struct asked *ctx)
{
        return !ctx->user_ip6[0] && !ctx->user_ip6[1] && !ctx->user_ip6[2] && ctx->user_ip6[3] == bpf_htonl(1);
}

SEC("cgroup/connect4")
int ref_connect4(struct asked *ctx)
{
        return is_loopback4(ctx) || verdict();
}

SEC("cgroup/connect6")
int ref_connect6(struct asked *ctx)
{
        return is_loopback6(ctx) || verdict();
}

SEC("cgroup/sendmsg4")
int ref_sendmsg4(struct asked *ctx)
{
        return is_loopback4(ctx) || verdict();
}

SEC("cgroup/sendmsg6")
int ref_sendmsg6(struct asked *ctx)
{
        return is_loopback6(ctx) || verdict();
}

SEC("cgroup/bind4")
int ref_bind4(struct asked *ctx)
{
        return verdict();
}

SEC("cgroup/bind6")
int ref_bind6(struct asked *ctx)
{
        return verdict();
}

SEC("cgroup/sock_create")
int ref_sock_create(void *ctx)
{
        return verdict();
}
