/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_BLOCK_BPF_H
#define TRIMTAB_BLOCK_BPF_H

/* Requests of block devices, as far as BPF programs look at them. Include kernel.bpf.h and bpf_core_read.h first. */

#include "task.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct gendisk {
        int major;
        int first_minor;
};

struct request_queue {
        struct gendisk *disk; /* since 5.15 */
};

struct block_device {
        struct gendisk *bd_disk;
};

struct cgroup_subsys_state {
        struct cgroup *cgroup;
};

struct blkcg {
        struct cgroup_subsys_state css;
};

struct blkcg_gq {
        struct blkcg *blkcg;
};

struct bio {
        struct block_device *bi_bdev;
        struct blkcg_gq *bi_blkg; /* CONFIG_BLK_CGROUP */
};

struct request {
        struct request_queue *q;
        unsigned int cmd_flags; /* operation and enum req_flag_bits */
        unsigned int rq_flags;
        unsigned int __data_len; /* bytes that are still to be done */
        struct bio *bio;
        __u64 start_time_ns;    /* CLOCK_MONOTONIC, as all of them; 0: not kept */
        __u64 io_start_time_ns; /* 0: not kept, or never given to the device */
};

#pragma clang attribute pop

/* The bits have moved, and will: CO-RE finds them. */
enum req_flag_bits {
        __REQ_SYNC = 11,
        __REQ_FUA = 17,
        __REQ_PREFLUSH = 18,
};

enum req_op {
        REQ_OP_READ = 0,
        REQ_OP_WRITE = 1,
        REQ_OP_FLUSH = 2,
        REQ_OP_ZONE_APPEND = 7,
};

/* What it was called before 6.0. */
enum req_opf {
        REQ_OP_ZONE_APPEND___opf = 13,
};

#define REQ_OP_BITS 8

#define REQ_FLAG(name) (1u << bpf_core_enum_value(enum req_flag_bits, __REQ_##name))

/* Somebody waits for it. */
static __always_inline bool request_is_sync(unsigned int cmd_flags)
{
        return cmd_flags & (REQ_FLAG(SYNC) | REQ_FLAG(FUA) | REQ_FLAG(PREFLUSH));
}

static __always_inline bool request_is_zone_append(unsigned int op)
{
        if (bpf_core_enum_value_exists(enum req_op, REQ_OP_ZONE_APPEND))
                return op == bpf_core_enum_value(enum req_op, REQ_OP_ZONE_APPEND);
        return bpf_core_enum_value_exists(enum req_opf, REQ_OP_ZONE_APPEND___opf) &&
               op == bpf_core_enum_value(enum req_opf, REQ_OP_ZONE_APPEND___opf);
}

/* The disk's dev_t as the kernel keeps it: a partition's requests are its disk's. */
static __always_inline __u32 disk_dev(struct gendisk *disk, const bool raw)
{
        return (__u32) FIELD(raw, disk, major) << 20 | (__u32) FIELD(raw, disk, first_minor);
}

/*
 * The cgroup that a bio is charged to: that of whoever wrote the page, also when it is the kernel that writes it back. Its id in the hierarchy
 * that the io controller is in; 0: none.
 */
static __always_inline __u64 bio_cgroup_id(struct bio *bio, const bool raw)
{
        struct cgroup *cgroup;

        if (!bpf_core_field_exists(bio->bi_blkg))
                return 0;
        cgroup = FIELD(raw, bio, bi_blkg, blkcg, css.cgroup);
        return FIELD(raw, cgroup, kn, id);
}

/* What stands for that cgroup as long as it lives, in two steps: the address of its blkcg; 0: none. */
static __always_inline __u64 bio_blkcg(struct bio *bio, const bool raw)
{
        struct blkcg_gq *blkg;
        __u64 blkcg = 0;

        if (!bpf_core_field_exists(bio->bi_blkg))
                return 0;
        blkg = FIELD(raw, bio, bi_blkg);
        if (!blkg || bpf_core_read(&blkcg, sizeof(blkcg), &blkg->blkcg))
                return 0; /* as a field of a typed pointer it would be no number for the verifier */
        return blkcg;
}

#endif
