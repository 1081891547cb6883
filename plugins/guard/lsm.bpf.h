/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_LSM_BPF_H
#define GUARD_LSM_BPF_H

/* The hooks of the LSM: all sockets, all ways to send. Include route.bpf.h first. */

/* Sockets that were connected under our eyes. */
struct {
        __uint(type, BPF_MAP_TYPE_SK_STORAGE);
        __uint(map_flags, BPF_F_NO_PREALLOC);
        __type(key, int);
        __type(value, struct guard_socket);
} sockets SEC(".maps");

/* 6.12 does not take what clang makes of `refused ? -1 : 0`. */
static __always_inline int lsm_result(int refused)
{
        int r = -refused;

        asm volatile("" : "+r"(r));
        return r == 0 ? 0 : -EPERM;
}

/* Hooks of the LSM are the whole machine's. */
static __always_inline bool in_scope(void)
{
        return !config.scope || bpf_get_current_ancestor_cgroup_id(config.scope_level) == config.scope;
}

/* Of an address in the kernel's memory. Is there one that is to be judged? */
static __always_inline bool read_address(const void *address, int length, __u16 own_family, const bool send, struct guard_request *rq)
{
        struct sockaddr_in6 a = {};
        __u16 family;

        if (length < 8 || bpf_probe_read_kernel(&a, 8, address))
                return false;
        family = a.sin6_family;
        /* For sendmsg() of IPv4 it is as good as AF_INET; elsewhere it is no address. */
        if (family == AF_UNSPEC && send && own_family == AF_INET)
                family = AF_INET;
        if (family == AF_INET) {
                set_v4(rq, a.sin6_flowinfo, a.sin6_port);
                return true;
        }
        if (family != AF_INET6 || length < 24 || bpf_probe_read_kernel(&a, 24, address))
                return false;
        set_v6(rq, a.sin6_addr, a.sin6_port);
        return true;
}

/* What is sent by it later is sent there; whoever does that is asked again. */
static __always_inline void mark(struct sock *sk, const struct guard_request *rq, __u64 stamp)
{
        struct guard_socket *s = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

        if (!s)
                return;
        s->upper = rq->upper;
        s->lower = rq->lower;
        s->port = rq->port;
        s->family = rq->family;
        s->protocol = rq->protocol;
        s->stamp = stamp;
        s->cgroup = rq->cgroup;
        s->exe = rq->exe;
        s->uid = rq->uid;
}

/* May the one who sends now? The verdict is that of the connect() while policy, cgroup, program and user are the same. */
static __noinline int judge_again(struct sock *sk)
{
        struct guard_control *c = find_control();
        struct guard_request rq = { .backend = GUARD_LSM, .kind = GUARD_CONNECT };
        struct guard_inode exe = {};
        struct guard_socket *s;
        __u64 stamp;

        if (!c || c->mode < GUARD_AUDIT)
                return 0;
        s = bpf_sk_storage_get(&sockets, sk, NULL, 0);
        if (!s)
                return 0;
        stamp = *(const volatile __u64 *) &c->stamp;
        read_exe(&exe);
        if (s->stamp == stamp && s->cgroup == current_cgroup() && s->uid == current_user() && is_same_inode(&s->exe, &exe))
                return 0;

        rq.upper = s->upper;
        rq.lower = s->lower;
        rq.port = s->port;
        rq.family = s->family;
        rq.protocol = s->protocol;
        if (decide(&rq))
                return 1;
        s->cgroup = current_cgroup();
        s->uid = current_user();
        s->exe = exe;
        s->stamp = stamp;
        return 0;
}

/* 1: refused; -1: there is no address in it that would be one. */
static __noinline int judge_address(struct sock *sk, const void *address, int length, const bool send)
{
        struct guard_request rq = { .backend = GUARD_LSM, .kind = send ? GUARD_SEND : GUARD_CONNECT };
        struct guard_control *c = find_control();
        __u16 family = sk->__sk_common.skc_family;
        __u64 stamp;

        if (!c || (family != AF_INET && family != AF_INET6))
                return 0;
        set_protocol(&rq, sk->sk_protocol);
        if (!read_address(address, length, family, send, &rq))
                return send ? -1 : 0;
        /* Before it is judged: of a policy that comes meanwhile the verdict is not. */
        stamp = *(const volatile __u64 *) &c->stamp;
        if (decide(&rq))
                return 1;
        if (c->mode >= GUARD_AUDIT && (!send || sk->sk_type == SOCK_STREAM)) {
                rq.cgroup = current_cgroup();
                rq.uid = current_user();
                read_exe(&rq.exe);
                mark(sk, &rq, stamp);
        }
        return 0;
}

static __always_inline int judge_socket_route(const struct sock *sk, __u8 family)
{
        return judge_route(GUARD_LSM, family, is_probing_socket(sk->__sk_common.skc_rcv_saddr, sk->__sk_common.skc_num));
}

SEC("lsm/socket_connect")
int BPF_PROG(guard_lsm_connect, struct socket *sock, struct sockaddr *address, int length)
{
        struct sock *sk = sock->sk;

        return sk && in_scope() ? lsm_result(judge_address(sk, address, length, false)) : 0;
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(guard_lsm_sendmsg, struct socket *sock, struct msghdr *message, int size)
{
        struct sock *sk = sock->sk;
        const void *name = message->msg_name;
        int refused, route;

        if (!sk || !in_scope())
                return 0;
        if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
                return 0;
        if (message->msg_controllen) {
                route = find_route((__u64) message->msg_control, message->msg_controllen);
                if (route && judge_socket_route(sk, route))
                        return lsm_result(1);
        }
        refused = name ? judge_address(sk, name, message->msg_namelen, true) : -1;
        return lsm_result(refused < 0 ? judge_again(sk) : refused);
}

SEC("lsm/socket_create")
int BPF_PROG(guard_lsm_create, int family, int type, int protocol, int kern)
{
        struct guard_request rq = { .backend = GUARD_LSM, .kind = GUARD_CREATE, .exact = 1, .family = 4 };

        if (kern || !in_scope())
                return 0;
        if (family == AF_PACKET) {
                rq.protocol = GUARD_PROTOCOL_PACKET;
                rq.reserved = bpf_ntohs(protocol);
        } else if ((family == AF_INET || family == AF_INET6) && (type & 0xf) == SOCK_RAW) {
                rq.family = family == AF_INET ? 4 : 6;
                rq.protocol = GUARD_PROTOCOL_RAW;
                rq.reserved = protocol;
        } else {
                return 0;
        }
        return lsm_result(decide(&rq));
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(guard_lsm_setsockopt, struct socket *sock, int level, int option)
{
        int route = route_of_option(level, option);
        struct sock *sk;

        if (!route)
                return 0;
        sk = sock->sk;
        return sk && in_scope() ? lsm_result(judge_socket_route(sk, route)) : 0;
}

SEC("lsm/socket_listen")
int BPF_PROG(guard_lsm_listen, struct socket *sock, int backlog)
{
        struct guard_request rq = { .backend = GUARD_LSM, .kind = GUARD_LISTEN };
        struct sock *sk = sock->sk;
        struct guard_control *c = find_control();
        __be32 word[4];
        __u16 family;

        if (!sk || !c || !in_scope())
                return 0;
        family = sk->__sk_common.skc_family;
        if (family == AF_INET)
                set_v4(&rq, sk->__sk_common.skc_rcv_saddr, 0);
        else if (family == AF_INET6) {
                for (int i = 0; i < 4; i++)
                        word[i] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i];
                set_v6(&rq, word, 0);
        } else {
                return 0;
        }
        rq.port = sk->__sk_common.skc_num;
        rq.protocol = sk->sk_protocol == IPPROTO_MPTCP ? IPPROTO_TCP : sk->sk_protocol;
        /* Who listens on this machine alone is not reached from outside; trying out is done there. */
        if (!c->probing && (rq.family == 4 ? rq.upper >> 56 == 127 : rq.upper == 0 && rq.lower == 1))
                return 0;
        return lsm_result(decide(&rq));
}

#endif
