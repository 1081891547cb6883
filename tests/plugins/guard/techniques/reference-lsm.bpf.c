/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Refuses whatever a process of one cgroup, or of those below it, does by each of the LSM hooks, but for what stays in the machine. */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX 1
#define AF_NETLINK 16
#define EPERM 1

const volatile __u64 guarded;
const volatile __s32 level;

struct sock_common {
        unsigned short skc_family;
} __attribute__((preserve_access_index));

struct sock {
        struct sock_common __sk_common;
} __attribute__((preserve_access_index));

struct socket {
        struct sock *sk;
} __attribute__((preserve_access_index));

struct sockaddr;
struct msghdr;

static __always_inline int verdict(int family)
{
        int refused = -EPERM;

        /* Or it becomes arithmetic, of which the verifier of 6.12 does not see that it is 0 or a negative errno. */
        asm volatile("" : "+r"(refused));
        if (family == AF_UNIX || family == AF_NETLINK || bpf_get_current_ancestor_cgroup_id(level) != guarded)
                return 0;
        return refused;
}

SEC("lsm/socket_connect")
int BPF_PROG(ref_connect, struct socket *sock, struct sockaddr *address, int length)
{
        return verdict(sock->sk->__sk_common.skc_family);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(ref_sendmsg, struct socket *sock, struct msghdr *message, int size)
{
        return verdict(sock->sk->__sk_common.skc_family);
}

SEC("lsm/socket_create")
int BPF_PROG(ref_create, int family, int type, int protocol, int kern)
{
        return kern ? 0 : verdict(family);
}

SEC("lsm/socket_listen")
int BPF_PROG(ref_listen, struct socket *sock, int backlog)
{
        return verdict(sock->sk->__sk_common.skc_family);
}
