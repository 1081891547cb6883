/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AUDIT_FILE_BPF_H
#define AUDIT_FILE_BPF_H

/* From a descriptor to the watched paths that the file belongs to. Include maps.bpf.h first. */

static __always_inline struct file *find_file(struct task_struct *task, __u32 fd, const bool raw)
{
        struct files_struct *files = FIELD(raw, task, files);
        struct file **fds, *file = NULL;
        struct fdtable *table;

        if (!files)
                return NULL;
        table = FIELD(raw, files, fdt);
        if (!table || fd >= FIELD(raw, table, max_fds))
                return NULL;
        fds = FIELD(raw, table, fd);
        if (bpf_probe_read_kernel(&file, sizeof(file), fds + fd))
                return NULL;
        return file;
}

static __always_inline void read_inode(struct inode *inode, struct audit_inode *ret)
{
        ret->number = BPF_CORE_READ(inode, i_ino);
        ret->device = BPF_CORE_READ(inode, i_sb, s_dev);
        ret->generation = BPF_CORE_READ(inode, i_generation);
}

/*
 * By itself, or by a directory above it: as it was opened, so that the same file reached from outside is not below. The way up ends
 * at the root of its file system. Verified once, as a function of its own.
 */
__noinline __u32 audit_search(__u64 inode, __u64 dentry)
{
        struct audit_membership *m;
        struct audit_inode key;
        __u32 found = 0;

        read_inode((struct inode *) inode, &key);
        m = bpf_map_lookup_elem(&inodes, &key);
        if (m)
                found = m->itself | m->below;
        if (!control.below)
                return found;

        for (int i = 0; i < AUDIT_DEPTH_MAX; i++) {
                __u64 parent = (__u64) BPF_CORE_READ((struct dentry *) dentry, d_parent);

                if (parent == dentry || !parent)
                        break;
                dentry = parent;
                read_inode(BPF_CORE_READ((struct dentry *) dentry, d_inode), &key);
                m = bpf_map_lookup_elem(&inodes, &key);
                if (m)
                        found |= m->below;
        }
        return found;
}

static __always_inline __u64 seal_of(__u64 inode, __u64 dentry, __u64 watches)
{
        __u64 mixed = inode ^ (dentry << 17 | dentry >> 47) ^ watches * 0x9e3779b97f4a7c15ull ^ (__u64) control.tick << 40;

        return mixed * 0xbf58476d1ce4e5b9ull;
}

/*
 * All watched paths that the file belongs to. What was found holds until the next tick; `fresh`: search again, as at an open, when inode
 * and dentry may be where those of another file were.
 */
static __always_inline __u32 find_watches(struct file *file, const bool fresh)
{
        struct inode *inode;
        struct dentry *dentry;
        struct audit_verdict *v;
        __u32 key;
        __u64 watches;

        if (!file)
                return 0;
        inode = BPF_CORE_READ(file, f_inode);
        dentry = BPF_CORE_READ(file, f_path.dentry);
        if (!inode || !dentry)
                return 0;

        key = hash_64((__u64) inode ^ (__u64) dentry << 1, AUDIT_VERDICT_BITS);
        v = bpf_map_lookup_elem(&verdicts, &key);
        if (!v)
                return 0;
        watches = v->watches;
        if (!fresh && v->inode == (__u64) inode && v->dentry == (__u64) dentry &&
            v->seal == seal_of((__u64) inode, (__u64) dentry, watches))
                return watches;

        watches = audit_search((__u64) inode, (__u64) dentry);
        v->inode = (__u64) inode;
        v->dentry = (__u64) dentry;
        v->watches = watches;
        v->seal = seal_of((__u64) inode, (__u64) dentry, watches);
        return watches;
}

/* Counts one for a watched path: `ops` says what, and so what bytes and ns mean. */
__noinline int audit_count_path(__u32 watch, __u32 ops, __u64 bytes, __u64 ns)
{
        __u32 bin = trimtab_hist_slot(ns), key = watch * config.n_shards + current_shard(), class = ops;
        struct audit_file_stats *stats = bpf_map_lookup_elem(&paths, &key);

        if (!stats || ops >= AUDIT_FILE_READ_BYTES || bin >= TRIMTAB_HIST_SLOTS)
                return 0;
        ADD(stats->counts[ops], 1);
        if (ops == AUDIT_FILE_READS)
                ADD(stats->counts[AUDIT_FILE_READ_BYTES], bytes);
        else if (ops == AUDIT_FILE_WRITES)
                ADD(stats->counts[AUDIT_FILE_WRITTEN_BYTES], bytes);
        barrier_var(class); /* or clang compares one copy and uses another, which the verifier does not follow */
        if (class < AUDIT_FILE_TIMED && ns != AUDIT_NO_TIME) {
                ADD(stats->sums[class], ns);
                ADD(stats->latency[class][bin], 1);
        }
        return 0;
}

/* The same for each of them. */
static __always_inline void count_file(__u32 watches, __u32 ops, __u64 bytes, __u64 ns)
{
        for (__u32 i = 0; i < AUDIT_WATCHES_MAX && watches >> i; i++)
                if (watches >> i & 1)
                        audit_count_path(i, ops, bytes, ns);
}

#endif
