/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_KERNEL_BPF_H
#define TRIMTAB_KERNEL_BPF_H

/*
 * The kernel as our BPF programs see it: basic types, the few UAPI constants and the few fields they use.
 * CO-RE relocates every access to the running kernel, so order and completeness do not matter here, and the
 * build needs neither vmlinux.h nor the BTF of the machine it runs on.
 *
 * Include this before any libbpf header.
 */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;

#define bool _Bool
#define true 1
#define false 0

#ifndef NULL
#define NULL ((void *) 0)
#endif

/* From <linux/bpf.h>: values are UAPI. */
enum {
        BPF_MAP_TYPE_HASH = 1,
        BPF_MAP_TYPE_ARRAY = 2,
        BPF_MAP_TYPE_PROG_ARRAY = 3,
        BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
        BPF_MAP_TYPE_PERCPU_ARRAY = 6,
        BPF_MAP_TYPE_LRU_HASH = 9,
        BPF_MAP_TYPE_LPM_TRIE = 11,
        BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
        BPF_MAP_TYPE_SOCKMAP = 15,
        BPF_MAP_TYPE_SK_STORAGE = 24,
        BPF_MAP_TYPE_DEVMAP_HASH = 25,
        BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
        BPF_ANY = 0,
        BPF_NOEXIST = 1,
        BPF_F_NO_PREALLOC = 1 << 0,
        BPF_F_MMAPABLE = 1 << 10,
        BPF_F_INNER_MAP = 1 << 12,
};

enum {
        BPF_RB_NO_WAKEUP = 1,
};

enum {
        BPF_SK_STORAGE_GET_F_CREATE = 1,
};

#define BPF_F_CURRENT_CPU 0xffffffffULL
#define BPF_MTU_CHK_SEGS  1u

enum xdp_action {
        XDP_ABORTED,
        XDP_DROP,
        XDP_PASS,
        XDP_TX,
        XDP_REDIRECT,
};

enum sk_action {
        SK_DROP,
        SK_PASS,
};

/* What an XDP program gets: the verifier turns each access into the real one. */
struct xdp_md {
        __u32 data, data_end, data_meta;
        __u32 ingress_ifindex, rx_queue_index;
        __u32 egress_ifindex;
};

/* What a program of tc gets. Its fields are at these offsets, and to the last that is used here. */
struct __sk_buff {
        __u32 len, pkt_type, mark, queue_mapping, protocol;
        __u32 vlan_present, vlan_tci, vlan_proto;
        __u32 priority, ingress_ifindex, ifindex, tc_index;
        __u32 cb[5];
        __u32 hash, tc_classid;
        __u32 data, data_end;
        __u32 napi_id;
        __u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
        __u32 data_meta;
        __u64 flow_keys, tstamp;
        __u32 wire_len, gso_segs;
};

/* What a program that looks for a listener gets; the same. */
struct bpf_sk_lookup {
        __u64 socket;
        __u32 family, protocol;
        __u32 remote_ip4, remote_ip6[4];
        __be16 remote_port;
        __u16 : 16;
        __u32 local_ip4, local_ip6[4];
        __u32 local_port; /* in the machine's order */
        __u32 ingress_ifindex;
};

struct bpf_raw_tracepoint_args {
        __u64 args[0];
};

struct bpf_perf_event_value {
        __u64 counter, enabled, running;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
        __u64 id;
        const char *name;
        struct kernfs_node *parent; /* before 6.15 */
};

struct cgroup {
        struct kernfs_node *kn;
};

struct css_set {
        struct cgroup *dfl_cgrp; /* in the unified hierarchy */
};

struct rq {
        unsigned int nr_running;
        __u64 clock; /* ns, brought up to date by every scheduling decision */
        int cpu;
};

struct cfs_rq {
        struct rq *rq; /* CONFIG_FAIR_GROUP_SCHED */
};

struct sched_entity {
        struct cfs_rq *cfs_rq;       /* CONFIG_FAIR_GROUP_SCHED; right for tasks of every class */
        unsigned char sched_delayed; /* since 6.12: asleep, and still on the run queue */
};

/* CONFIG_SCHED_INFO; times on the clock of the run queue. */
struct sched_info {
        unsigned long pcount;         /* times it got a CPU */
        unsigned long long run_delay; /* all its waiting, without the piece that is not over */
        unsigned long long last_arrival;
        unsigned long long last_queued; /* 0: does not wait */
};

struct super_block {
        __u32 s_dev;
};

struct inode {
        struct super_block *i_sb;
        unsigned long i_ino;
        __u32 i_generation;
};

struct qstr {
        const unsigned char *name;
};

struct dentry {
        struct dentry *d_parent;
        struct qstr d_name;
        struct inode *d_inode;
};

struct path {
        struct dentry *dentry;
};

struct file {
        struct inode *f_inode;
        struct path f_path;
};

struct fdtable {
        unsigned int max_fds;
        struct file **fd;
};

struct files_struct {
        struct fdtable *fdt;
};

struct mm_struct {
        struct file *exe_file;
};

struct linux_binprm {
        struct file *file;
};

struct io_kiocb {
        struct file *file;
        __u8 opcode;
};

struct io_uring_cqe {
        __s32 res;
};

typedef struct {
        unsigned int val; /* in the first user namespace */
} kuid_t;

struct cred {
        kuid_t uid;
};

struct thread_info {
        unsigned long flags; /* arm64: _TIF_32BIT */
        __u32 status;        /* x86: TS_COMPAT */
};

/* Registers at a system call's entry, as the processors name them. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
        unsigned long di, si, dx, r10, r8;
        unsigned long bx, cx; /* of a 32-bit call: bx, cx, dx, si, di */
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
        __u64 regs[31];
};
#endif

struct task_struct {
        struct thread_info thread_info;
        unsigned int __state;
        int on_cpu, on_rq;
        int pid, tgid;
        char comm[16];
        unsigned int flags; /* PF_KTHREAD, … */
        struct mm_struct *mm;
        struct files_struct *files;
        struct sched_entity se;
        struct sched_info sched_info;
        struct css_set *cgroups;
        const struct cred *cred; /* by which it acts */
        struct task_struct *group_leader;
        __u64 start_boottime; /* ns, CLOCK_BOOTTIME; since 5.5 */
};

/* A handler of an interrupt. */
struct irqaction {
        struct irqaction *next; /* of those that share it */
};

struct ns_common {
        unsigned int inum;
};

struct net {
        struct ns_common ns;
};

typedef struct {
        struct net *net;
} possible_net_t;

struct net_device {
        int ifindex;
        possible_net_t nd_net; /* the namespace in which ifindex says which it is */
};

/* A queue that is polled. */
struct napi_struct {
        struct net_device *dev; /* NULL: none */
};

struct compact_control {
        bool direct_compaction; /* an allocation waits for it */
};

struct seq_file;

struct bpf_iter_meta {
        struct seq_file *seq;
};

struct bpf_iter__task {
        struct bpf_iter_meta *meta;
        struct task_struct *task;
};

#pragma clang attribute pop

#define PF_KTHREAD 0x00200000

/* task_struct.__state and .on_rq */
#define TASK_RUNNING 0
#define TASK_ON_RQ_MIGRATING 2

#endif
