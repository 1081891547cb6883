/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Who may connect where. Each hook makes a request of what it is given, and one function decides: decide() in decide.bpf.h.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "task.bpf.h"
#include "socket.bpf.h"
#include "maps.bpf.h"
#include "who.bpf.h"
#include "judge.bpf.h"
#include "verdicts.bpf.h"
#include "tell.bpf.h"
#include "decide.bpf.h"
#include "address.bpf.h"
#include "route.bpf.h"
#include "lsm.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define REQUEST(kind_of) { .backend = GUARD_CGROUP, .kind = (kind_of) }

static __always_inline int judge_v4(struct bpf_sock_addr *ctx, enum guard_kind kind)
{
        struct guard_request rq = REQUEST(kind);

        set_protocol(&rq, ctx->protocol);
        set_v4(&rq, ctx->user_ip4, ctx->user_port);
        return !decide_in_registers(&rq);
}

static __always_inline int judge_v6(struct bpf_sock_addr *ctx, enum guard_kind kind)
{
        struct guard_request rq = REQUEST(kind);
        __be32 word[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };

        set_protocol(&rq, ctx->protocol);
        set_v6(&rq, word, ctx->user_port);
        return !decide_in_registers(&rq);
}

SEC("cgroup/connect4")
int guard_connect4(struct bpf_sock_addr *ctx)
{
        return judge_v4(ctx, GUARD_CONNECT);
}

SEC("cgroup/connect6")
int guard_connect6(struct bpf_sock_addr *ctx)
{
        return judge_v6(ctx, GUARD_CONNECT);
}

SEC("cgroup/sendmsg4")
int guard_sendmsg4(struct bpf_sock_addr *ctx)
{
        return judge_v4(ctx, GUARD_SEND);
}

SEC("cgroup/sendmsg6")
int guard_sendmsg6(struct bpf_sock_addr *ctx)
{
        return judge_v6(ctx, GUARD_SEND);
}

SEC("cgroup/sock_create")
int guard_sock_create(struct bpf_sock *ctx)
{
        struct guard_request rq = REQUEST(GUARD_CREATE);
        const struct guard_control *c = find_control();

        rq.family = ctx->family == AF_INET6 ? 6 : 4;
        rq.exact = 1;
        rq.reserved = ctx->protocol;
        if (ctx->type == SOCK_RAW)
                rq.protocol = GUARD_PROTOCOL_RAW;
        else if (ctx->type == SOCK_DGRAM && (ctx->protocol == IPPROTO_ICMP || ctx->protocol == IPPROTO_ICMPV6) && c && !c->pings_seen)
                rq.protocol = ctx->protocol;
        else
                return 1;
        return !decide(&rq);
}

/*
 * The kernel hands us a copy of at most a page of the value. Of a longer one the caller's own has to count, which is what a length of 0 says; without that a
 * kernel older than 6.4 fails the call, if it has not been mended (6.1's stable ones have), and others write a line into their log. Of shorter ones the copy is as good, and what other programs have made of it stays.
 */
#define COPIED_MAX 4096

SEC("cgroup/setsockopt")
int guard_setsockopt(struct bpf_sockopt *ctx)
{
        int route = route_of_option(ctx->level, ctx->optname);
        struct bpf_sock *sk = ctx->sk;

        if (route && judge_route(GUARD_CGROUP, route, sk && is_probing_socket(sk->src_ip4, sk->src_port)))
                return 0;
        if (ctx->optlen > COPIED_MAX)
                ctx->optlen = 0;
        return 1;
}

/* --- never attached: run by user space --- */

/* How the kernel sees the file behind one of the caller's descriptors. */
volatile struct guard_inode identity;

SEC("raw_tp/sys_enter")
int BPF_PROG(guard_identify, __u64 fd)
{
        struct task_struct *task = (struct task_struct *) bpf_get_current_task();
        struct fdtable *table = BPF_CORE_READ(task, files, fdt);
        struct file **fds, *file = NULL;
        struct guard_inode inode = {};

        if (!table || fd >= BPF_CORE_READ(table, max_fds))
                return -1;
        fds = BPF_CORE_READ(table, fd);
        if (bpf_probe_read_kernel(&file, sizeof(file), fds + fd) || !file)
                return -1;
        read_inode(BPF_CORE_READ(file, f_inode), &inode, true);
        identity.number = inode.number;
        identity.device = inode.device;
        identity.generation = inode.generation;
        return 0;
}

/* What the policy in force says of a question, whatever the mode. */
SEC("raw_tp/sys_enter")
int guard_try(void *ctx)
{
        struct guard_control *c = find_control();
        struct guard_request rq = {};
        struct guard_question *q;
        const struct guard_set *set;
        __u32 zero = 0, generation;

        q = bpf_map_lookup_elem(&question, &zero);
        if (!q || !c)
                return -1;
        generation = c->in_force & GUARD_STAMP_GENERATION;
        set = find_set(generation);
        if (!set)
                return -1;
        rq = q->request;
        q->verdict = judge_by(&rq, set, &q->class, generation);
        return 0;
}
