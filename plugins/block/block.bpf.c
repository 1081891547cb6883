/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * Who waits for the disk: one program, at the completion of requests.
 *
 * A request knows when it was made (start_time_ns) and when the device got it (io_start_time_ns), and its bio knows the cgroup. So nothing is
 * noted at the way in, and nothing is looked up at the way out but where to count. The other programs are for merges, and for
 * queues that keep no such times; they are attached when they are needed.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ADD(counter, n)                                                                                      \
        (config.shared ? (void) __sync_fetch_and_add(&(counter), (n)) : (void) ((counter) += (n)))

/* What has come to its end of a request. */
struct outcome {
        __u32 kind; /* enum block_latency */
        __u32 read_bytes, write_bytes;
        __u32 failed;
        __u32 done;      /* the request; else only a part of it */
        __u32 commanded; /* the device is done with it, and was given it when it is known */
        __u64 total, queue, device; /* ns; 0: not known, or not of this */
};

static __always_inline void count_latency(struct block_stats *s, __u32 which, __u64 ns)
{
        __u64 slot = trimtab_hist_slot(ns), row = which;

        /* For the verifier, which in 6.1 forgets bounds that the compiler knows. */
        barrier_var(slot);
        barrier_var(row);
        if (slot >= TRIMTAB_HIST_SLOTS || row >= _BLOCK_LATENCY_MAX)
                return;
        ADD(s->slots[row][slot], 1);
        ADD(s->sums[row], ns);
}

/* A function to the verifier too, which so looks at it once, by itself, and not for each thing that an outcome can be. */
__attribute__((noinline)) int count(struct block_stats *s, const struct outcome *o)
{
        if (!s || !o)
                return 0;
        if (o->done) {
                if (o->total)
                        count_latency(s, o->kind, o->total);
                else if (o->kind < BLOCK_N_KINDS)
                        ADD(s->untimed[o->kind], 1);
        }
        if (o->device) {
                count_latency(s, BLOCK_QUEUE, o->queue);
                count_latency(s, BLOCK_DEVICE, o->device);
        }
        if (o->read_bytes)
                ADD(s->read_bytes, o->read_bytes);
        if (o->write_bytes)
                ADD(s->write_bytes, o->write_bytes);
        if (o->failed)
                ADD(s->errors, 1);
        return 0;
}

static __always_inline __u64 seal_of(__u64 blkcg, __u32 slot, __u32 generation)
{
        return blkcg ^ (slot + 1) * 0x9e3779b97f4a7c15ull ^ (generation + 1) * 0xbf58476d1ce4e5b9ull;
}

static __always_inline __u32 find_slot(struct block_control *c, struct bio *bio, const bool raw)
{
        __u64 blkcg = bio_blkcg(bio, raw);
        struct block_charge *charge = &c->charges[hash_64(blkcg, BLOCK_CHARGE_BITS)];
        __u32 generation = c->generation, slot = charge->slot; /* the former as of before the search */

        if (charge->seal == seal_of(blkcg, slot, generation))
                return slot;
        slot = cgroup_slot(bio_cgroup_id(bio, raw));
        charge->slot = slot;
        charge->seal = seal_of(blkcg, slot, generation);
        return slot;
}

/* The totals of the cgroup that is charged with a bio; NULL: nobody watches it. */
static __always_inline struct block_stats *find_cgroup(struct block_control *c, const struct block_disk *disk, struct bio *bio,
                                                       const bool raw)
{
        __u32 slot;

        /* What is stacked is counted for the cgroup where it meets a disk. */
        if (!bio || disk->stacked)
                return NULL;
        slot = find_slot(c, bio, raw);
        return slot < CGROUP_SLOT_NONE ? find_stats(slot) : NULL;
}

/* `flag`: without it the time is not the request's. The kernel's own flush requests have no such flags, and always a start. */
static __always_inline bool has_time(__u32 rq_flags, __u32 flag)
{
        return !flag || rq_flags & flag;
}

/* The times of our own, where the kernel has none. */
static __always_inline void read_issue(struct request *rq, bool done, __u64 *start, __u64 *io_start)
{
        struct block_issue *issue;
        __u64 request;

        /* The verifier takes no typed pointer for a number. */
        if (bpf_probe_read_kernel(&request, sizeof(request), &rq) < 0)
                return;
        issue = find_issue(request, false);
        if (!issue)
                return;
        if (!*io_start)
                *io_start = issue->issued;
        if (!*start)
                *start = issue->inserted;
        if (done)
                issue->request = 0;
}

static __always_inline void note_missing(struct block_missing *m, bool start, bool io_start)
{
        if (start)
                __sync_fetch_and_add(&m->start, 1);
        if (io_start)
                __sync_fetch_and_add(&m->io_start, 1);
}

static __always_inline int on_complete(struct request *rq, int error, __u32 nr_bytes, const bool raw)
{
        __u32 flags = FIELD(raw, rq, cmd_flags), op = flags & ((1 << REQ_OP_BITS) - 1);
        __u32 left = FIELD(raw, rq, __data_len);
        __u32 rq_flags = FIELD(raw, rq, rq_flags);
        bool in_sequence = rq_flags & config.flush_seq;
        struct outcome o = { .failed = error != 0 };
        struct block_control *c;
        struct block_disk *disk;
        struct block_stats *s;
        __u64 start, io_start, now;
        __u32 key = 0;

        if (op == REQ_OP_READ) {
                o.kind = BLOCK_READ;
                o.read_bytes = nr_bytes;
        } else if (op == REQ_OP_WRITE || request_is_zone_append(op)) {
                o.kind = request_is_sync(flags) ? BLOCK_SYNC : BLOCK_WRITE;
                o.write_bytes = nr_bytes;
        } else if (op == REQ_OP_FLUSH)
                o.kind = BLOCK_SYNC;
        else
                return 0; /* discards and the like, and what is not the block layer's own */
        if (error)
                o.read_bytes = o.write_bytes = 0;
        disk = find_disk(disk_dev(FIELD(raw, rq, q, disk), raw));
        c = bpf_map_lookup_elem(&control, &key);
        if (!disk || !c)
                return 0;

        /*
         * A flush sequence (flush, data, flush) is several commands, and one request: the device's time is that of each, the latency that of
         * the whole. The request comes by twice if it has data, the second time with nothing left.
         */
        if (nr_bytes >= left) {
                o.done = !in_sequence;
                o.commanded = c->wanted & BLOCK_WANT_PHASES && (nr_bytes > 0 || op == REQ_OP_FLUSH);
                start = op == REQ_OP_FLUSH || has_time(rq_flags, config.io_stat) ? FIELD(raw, rq, start_time_ns) : 0;
                io_start = has_time(rq_flags, config.stats) ? FIELD(raw, rq, io_start_time_ns) : 0;
                if (!start || (o.commanded && !io_start && !error)) {
                        note_missing(&c->missing, !start, o.commanded && !io_start);
                        read_issue(rq, o.done, &start, &io_start);
                }
                now = bpf_ktime_get_ns();
                if (start && now > start)
                        o.total = now - start;
                if (o.commanded && io_start && now > io_start) {
                        o.device = now - io_start;
                        o.queue = start && io_start > start ? io_start - start : 0;
                }
        }

        s = c->wanted & BLOCK_WANT_DISKS ? find_stats(disk->slot) : NULL;
        if (s)
                (void) count(s, &o);
        s = c->wanted & BLOCK_WANT_CGROUPS ? find_cgroup(c, disk, FIELD(raw, rq, bio), raw) : NULL;
        if (s)
                (void) count(s, &o);
        return 0;
}

static __always_inline int on_merge(struct gendisk *gendisk, struct bio *bio, const bool raw)
{
        struct block_disk *disk = find_disk(disk_dev(gendisk, raw));
        struct block_control *c;
        struct block_stats *s;
        __u32 key = 0;

        c = bpf_map_lookup_elem(&control, &key);
        if (!disk || !c)
                return 0;
        s = find_stats(disk->slot);
        if (s)
                ADD(s->merges, 1);
        s = find_cgroup(c, disk, bio, raw);
        if (s)
                ADD(s->merges, 1);
        return 0;
}

static __always_inline int on_bio_merge(struct bio *bio, const bool raw)
{
        return on_merge(FIELD(raw, bio, bi_bdev, bd_disk), bio, raw);
}

static __always_inline int on_insert(__u64 request)
{
        struct block_issue *issue = find_issue(request, true);

        if (issue) {
                issue->inserted = bpf_ktime_get_ns();
                issue->issued = 0;
                issue->request = request;
        }
        return 0;
}

static __always_inline int on_issue(__u64 request)
{
        struct block_issue *issue = find_issue(request, true);

        if (!issue)
                return 0;
        issue->issued = bpf_ktime_get_ns();
        if (issue->request != request) {
                issue->inserted = issue->issued; /* straight to the device */
                issue->request = request;
        }
        return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_complete, struct request *rq, int error, unsigned int nr_bytes)
{
        return on_complete(rq, error, nr_bytes, false);
}

SEC("raw_tp/block_rq_complete")
int BPF_PROG(block_complete_r, struct request *rq, int error, unsigned int nr_bytes)
{
        return on_complete(rq, error, nr_bytes, true);
}

/* These look at nothing of the request but its address, which only in this form is a number. */
SEC("raw_tp/block_rq_insert")
int BPF_PROG(block_insert, __u64 request)
{
        return on_insert(request);
}

SEC("raw_tp/block_rq_issue")
int BPF_PROG(block_issue, __u64 request)
{
        return on_issue(request);
}

SEC("tp_btf/block_bio_backmerge")
int BPF_PROG(block_back, struct bio *bio)
{
        return on_bio_merge(bio, false);
}

SEC("raw_tp/block_bio_backmerge")
int BPF_PROG(block_back_r, struct bio *bio)
{
        return on_bio_merge(bio, true);
}

SEC("tp_btf/block_bio_frontmerge")
int BPF_PROG(block_front, struct bio *bio)
{
        return on_bio_merge(bio, false);
}

SEC("raw_tp/block_bio_frontmerge")
int BPF_PROG(block_front_r, struct bio *bio)
{
        return on_bio_merge(bio, true);
}

SEC("tp_btf/block_rq_merge")
int BPF_PROG(block_merge, struct request *rq)
{
        return on_merge(rq->q->disk, rq->bio, false);
}

SEC("raw_tp/block_rq_merge")
int BPF_PROG(block_merge_r, struct request *rq)
{
        return on_merge(FIELD(true, rq, q, disk), FIELD(true, rq, bio), true);
}
