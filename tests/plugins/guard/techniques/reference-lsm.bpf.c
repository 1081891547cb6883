/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Refuses whatever a process of one cgroup, or of those below it, does by each of the LSM hooks, but for what it sends to loopback. */

#include "kernel.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define EPERM 1

const volatile __u64 guarded;
const volatile __s32 level;

/* What is needed of the kernel's own, under names of ours: libbpf drops what follows ___. */
struct sock_common___own {
        unsigned short skc_family;
} __attribute__((preserve_access_index));

struct sock___own {
        struct sock_common___own __sk_common;
} __attribute__((preserve_access_index));

struct socket___own {
        struct sock___own *sk;
} __attribute__((preserve_access_index));

struct msghdr___own {
        void *msg_name; /* in the kernel's memory by then */
} __attribute__((preserve_access_index));

/* UAPI; enough of those of IPv4 and IPv6. */
struct address {
        __u16 sa_family;
        __u16 port;
        __u32 v4; /* of IPv6, the flow */
        __u32 v6[4];
};

static __always_inline bool is_loopback(const void *address)
{
        struct address a = {};

        if (!address || bpf_probe_read_kernel(&a, sizeof(a), address))
                return false;
        if (a.sa_family == AF_INET)
                return (a.v4 & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
        return a.sa_family == AF_INET6 && !a.v6[0] && !a.v6[1] && !a.v6[2] && a.v6[3] == bpf_htonl(1);
}

static __always_inline int verdict(int family)
{
        int refused = -EPERM;

        /* Or it becomes arithmetic, of which the verifier of 6.12 does not see that it is 0 or a negative errno. */
        asm volatile("" : "+r"(refused));
        if (family == AF_UNIX || family == AF_NETLINK || bpf_get_current_ancestor_cgroup_id(level) != guarded)
                return 0;
        return refused;
}

static __always_inline int family_of(const struct socket___own *sock)
{
        const struct sock___own *sk = sock->sk;

        return sk ? sk->__sk_common.skc_family : 0;
}

SEC("lsm/socket_connect")
int BPF_PROG(ref_connect, struct socket___own *sock, void *address, int length)
{
        return is_loopback(address) ? 0 : verdict(family_of(sock));
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(ref_sendmsg, struct socket___own *sock, struct msghdr___own *message, int size)
{
        return is_loopback(message->msg_name) ? 0 : verdict(family_of(sock));
}

SEC("lsm/socket_create")
int BPF_PROG(ref_create, int family, int type, int protocol, int kern)
{
        return kern ? 0 : verdict(family);
}

SEC("lsm/socket_listen")
int BPF_PROG(ref_listen, struct socket___own *sock, int backlog)
{
        return verdict(family_of(sock));
}
