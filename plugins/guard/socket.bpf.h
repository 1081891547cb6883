/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_SOCKET_BPF_H
#define GUARD_SOCKET_BPF_H

/* Sockets as the kernel has them: the few fields in use (see kernel.bpf.h). */

/* What a program at connect() or sendmsg() in a cgroup gets. Its fields are at these offsets. */
struct bpf_sock_addr {
        __u32 user_family, user_ip4, user_ip6[4];
        __u32 user_port; /* two bytes, in the network's order */
        __u32 family, type, protocol;
};

/* … and at socket(). */
struct bpf_sock {
        __u32 bound_dev_if, family, type, protocol;
        __u32 mark, priority;
        __u32 src_ip4, src_ip6[4];
        __u32 src_port; /* in the machine's order */
};

/* … and at setsockopt(). */
struct bpf_sockopt {
        struct bpf_sock *sk;
        __u64 optval, optval_end;
        __s32 level, optname, optlen, retval;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
        union {
                __be32 u6_addr32[4];
        } in6_u;
};

struct sock_common {
        __u16 skc_family;
        __u16 skc_num; /* the local port, in the machine's order */
        __be32 skc_rcv_saddr;
        struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
        struct sock_common __sk_common;
        __u16 sk_type, sk_protocol;
};

struct socket {
        struct sock *sk;
};

struct msghdr {
        void *msg_name; /* in the kernel's memory by then */
        int msg_namelen;
        void *msg_control; /* likewise: sendmsg(2) and io_uring copy it, and the kernel's own is there anyway */
        __u64 msg_controllen;
};

#pragma clang attribute pop

struct sockaddr;

/* As programs hand it over: UAPI. */
struct sockaddr_in6 {
        __u16 sin6_family;
        __be16 sin6_port;
        __be32 sin6_flowinfo; /* of IPv4: the address */
        __be32 sin6_addr[4];
};

#endif
