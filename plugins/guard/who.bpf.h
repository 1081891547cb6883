/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_WHO_BPF_H
#define GUARD_WHO_BPF_H

/*
 * Who asks: cgroup, executable and user of the running task, and which layers of the policy these match.
 *
 * A cgroup that nobody has classified yet is found by the names of its directories, here and now: a service that has just been started is
 * under its rule from its first connection, be the daemon busy or dead.
 */

#include "maps.bpf.h"

#define DEPTH_SEEN 128 /* deeper ones take their names from there */

/* A name of a directory. In functions of their own, which know nothing of its bytes: the verifier then has one state, not one a byte. */
struct guard_name {
        struct guard_edge_key key;
        __u64 tail; /* its last eight bytes, as they stand there */
        __u32 at;   /* behind its first @; 0: it has none */
};

#define TAIL_SERVICE 0x656369767265732eull         /* ".service" */
#define TAIL_SLICE   0x6563696c732eull             /* ".slice" */

__noinline int guard_find_at(struct guard_name *n)
{
        if (!n)
                return 0;
        n->at = 0;
        for (__u32 i = 0; i < GUARD_NAME_MAX; i++)
                if (n->key.name[i] == '@') {
                        n->at = i + 1;
                        return 0;
                }
        return 0;
}

/* Leaves of the name what is up to its @. */
__noinline int guard_cut(struct guard_name *n)
{
        if (!n)
                return 0;
        for (__u32 i = 0; i < GUARD_NAME_MAX; i++)
                if (i >= *(volatile __u32 *) &n->at)
                        n->key.name[i] = 0;
        return 0;
}

/* It was renamed in 6.15. */
struct kernfs_node___new {
        struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

/* Two loops, not one with a question in it: the offset of the field that is not there would be moved out in front of the question. */
static __always_inline __u64 above(__u64 node, __u32 up)
{
        if (bpf_core_field_exists(((struct kernfs_node___new *) node)->__parent)) {
                for (__u32 i = 0; i < DEPTH_SEEN && i < up && node; i++)
                        node = (__u64) BPF_CORE_READ((struct kernfs_node___new *) node, __parent);
        } else {
                for (__u32 i = 0; i < DEPTH_SEEN && i < up && node; i++)
                        node = (__u64) BPF_CORE_READ((struct kernfs_node *) node, parent);
        }
        return node;
}

/* How deep it is below the root. */
__noinline __u32 guard_depth(__u64 node)
{
        __u32 depth = 0;

        if (bpf_core_field_exists(((struct kernfs_node___new *) node)->__parent)) {
                for (; depth < DEPTH_SEEN; depth++) {
                        node = (__u64) BPF_CORE_READ((struct kernfs_node___new *) node, __parent);
                        if (!node)
                                break;
                }
        } else {
                for (; depth < DEPTH_SEEN; depth++) {
                        node = (__u64) BPF_CORE_READ((struct kernfs_node *) node, parent);
                        if (!node)
                                break;
                }
        }
        return depth;
}

static __always_inline void add_bits(struct guard_bits *to, const struct guard_bits *from)
{
        for (int i = 0; i < GUARD_WORDS; i++)
                to->word[i] |= from->word[i];
}

/* Where the way from the root has got to. */
struct guard_walk {
        __u64 leaf;
        __u32 depth, generation;
        __u32 node, lost; /* lost: no path goes on from here */
        __u32 slices;     /* all so far were slices: the next name is that of a unit */
        __u32 reserved;
};

/* One directory further. */
__noinline int guard_walk_step(struct guard_walk *w, struct guard_class *class, __u32 level)
{
        struct guard_name n = {};
        const struct guard_edge *e;
        const char *name;
        __u64 node;
        long length;

        if (!w || !class)
                return 0;
        node = above(w->leaf, w->depth - level);
        name = BPF_CORE_READ((struct kernfs_node *) node, name);
        length = bpf_probe_read_kernel_str(n.key.name, sizeof(n.key.name), name);
        if (length <= 1 || length >= GUARD_NAME_MAX) { /* one that no rule can name */
                w->lost = 1;
                w->slices = 0;
                return 0;
        }

        if (!w->lost) {
                n.key.node = w->node;
                e = FIND(edges, w->generation, &n.key);
                w->lost = !e;
                if (e) {
                        w->node = e->node;
                        add_bits(&class->certain, &e->bits);
                }
        }
        if (!w->slices)
                return 0;

        n.key.node = GUARD_NODE_UNIT;
        e = FIND(edges, w->generation, &n.key);
        if (e)
                add_bits(&class->certain, &e->bits);
        w->slices = 0;
        if (length <= 8 || bpf_probe_read_kernel(&n.tail, sizeof(n.tail), name + length - 1 - 8))
                return 0;
        w->slices = n.tail >> 16 == TAIL_SLICE;
        if (n.tail != TAIL_SERVICE)
                return 0;
        guard_find_at(&n);
        if (!n.at)
                return 0;
        guard_cut(&n);
        n.key.node = GUARD_NODE_TEMPLATE;
        e = FIND(edges, w->generation, &n.key);
        if (e)
                add_bits(&class->certain, &e->bits);
        return 0;
}

/* By the names of its directories. */
__noinline int guard_classify(struct guard_class *ret, __u32 generation)
{
        struct guard_walk w = { .generation = generation, .slices = 1 };
        const struct guard_set *set = find_set(generation);

        if (!ret || !set)
                return 0;
        w.leaf = (__u64) BPF_CORE_READ((struct task_struct *) bpf_get_current_task(), cgroups, dfl_cgrp, kn);
        w.depth = guard_depth(w.leaf);
        ret->certain = set->any_cgroup;
        ret->maybe = set->globs;
        for (__u32 level = 1; level <= GUARD_DEPTH_MAX; level++) {
                if (level > w.depth)
                        break;
                guard_walk_step(&w, ret, level);
        }
        return 0;
}

/* Notes it; user space may have been quicker, and knows better. class: of the caller's own, as 6.1 wants keys and values of maps to be. */
static __always_inline void keep_class(const struct guard_class *class, __u64 cgroup, __u32 generation)
{
        struct guard_class_key key = { .cgroup = cgroup, .generation = generation };
        struct guard_control *c = find_control();

        if (c && bpf_map_update_elem(&classes, &key, class, BPF_NOEXIST) == -7 /* E2BIG */)
                __sync_fetch_and_add(&c->classes_lost, 1);
}

static __always_inline void read_inode(struct inode *inode, struct guard_inode *ret, const bool raw)
{
        ret->number = FIELD(raw, inode, i_ino);
        ret->device = FIELD(raw, inode, i_sb, s_dev);
        ret->generation = FIELD(raw, inode, i_generation);
}

/* The running task's: by plain loads, as the kernel's own functions for it, and reads of memory, take longer than all that is loaded. */
static __always_inline void read_exe(struct guard_inode *ret)
{
        struct inode *inode = FIELD(false, bpf_get_current_task_btf(), mm, exe_file, f_inode);

        if (inode)
                read_inode(inode, ret, false);
}

static __always_inline __u64 current_cgroup(void)
{
        return task_cgroup_id(bpf_get_current_task_btf(), false);
}

static __always_inline __u32 current_user(void)
{
        return FIELD(false, bpf_get_current_task_btf(), cred, uid.val);
}

static __always_inline void keep_bits(struct guard_class *c, const struct guard_bits *bits)
{
        for (int i = 0; i < GUARD_WORDS; i++) {
                c->certain.word[i] &= bits->word[i];
                c->maybe.word[i] &= bits->word[i];
        }
}

/* What is known of the cgroup; 0: nothing yet. */
__noinline int guard_match_cgroup(struct guard_class *ret, __u64 cgroup, __u32 generation)
{
        const struct guard_set *set = find_set(generation);
        const struct guard_class *class;

        if (!ret || !set)
                return 1;
        if (!set->has_cgroups) {
                *ret = set->everybody;
                return 1;
        }
        class = find_class(generation, cgroup);
        if (class)
                *ret = *class;
        return class != NULL;
}

/* Leaves of the layers that match the cgroup those that match program and user, too. */
__noinline int guard_match_program(struct guard_class *class, struct guard_request *rq, __u32 generation)
{
        const struct guard_set *set = find_set(generation);
        const struct guard_bits *bits;
        struct guard_inode exe;
        __u32 uid;

        if (!rq || !set || !class)
                return 0;
        if (set->has_exes) {
                exe = rq->exe;
                bits = FIND(exes, generation, &exe);
                keep_bits(class, bits ? bits : &set->any_exe);
        }
        if (set->has_uids) {
                uid = rq->uid;
                bits = FIND(uids, generation, &uid);
                keep_bits(class, bits ? bits : &set->any_uid);
        }
        return 0;
}

#endif
