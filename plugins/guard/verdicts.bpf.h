/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_VERDICTS_BPF_H
#define GUARD_VERDICTS_BPF_H

/*
 * What was allowed a moment ago, to be allowed again without a search: some places for each CPU, each with all that the verdict depends on, the
 * policy included. A change of what is known of a cgroup takes no verdict back: what is not certain only refuses. Include maps.bpf.h first.
 */

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE); /* for its place in memory: a verdict is in one cache line, not in two */
        __uint(max_entries, 1 << GUARD_VERDICT_BITS); /* for each CPU */
        __type(key, __u32);
        __type(value, struct guard_allowed);
} allowed SEC(".maps");

static __always_inline __u64 details_of(const struct guard_request *rq)
{
        return (__u64) rq->uid << 32 | (__u32) rq->port << 16 | (__u32) rq->protocol << 8 | rq->family;
}

/* Connections and datagrams only: there what is asked for and who asks is all. */
static __always_inline struct guard_allowed *place_of(const struct guard_request *rq, __u64 details)
{
        __u64 mixed = rq->upper ^ rq->lower ^ rq->cgroup << 40 ^ rq->exe.number << 8 ^ details;
        __u32 at = bpf_get_smp_processor_id() << GUARD_VERDICT_BITS | hash_64(mixed, GUARD_VERDICT_BITS);

        return rq->kind <= GUARD_SEND ? bpf_map_lookup_elem(&allowed, &at) : NULL;
}

static __always_inline bool is_same_inode(const struct guard_inode *a, const struct guard_inode *b)
{
        return a->number == b->number && a->device == b->device && a->generation == b->generation;
}

/*
 * By the policy of that stamp? Only programs of this CPU touch the place, but one may be in the middle of it while another one runs: then
 * `turn` is odd, or another one.
 */
static __always_inline bool was_allowed(const struct guard_request *rq, __u64 stamp)
{
        __u64 details = details_of(rq), turn;
        const struct guard_allowed *a = place_of(rq, details);

        if (!a)
                return false;
        turn = *(const volatile __u64 *) &a->turn;
        barrier();
        if (turn & 1 || a->stamp != stamp || a->cgroup != rq->cgroup || a->upper != rq->upper || a->lower != rq->lower ||
            a->details != details || (stamp & GUARD_STAMP_ASKS && !is_same_inode(&a->exe, &rq->exe)))
                return false;
        barrier();
        return *(const volatile __u64 *) &a->turn == turn;
}

static __always_inline void keep_allowed(const struct guard_request *rq, __u64 stamp)
{
        __u64 details = details_of(rq), turn;
        struct guard_allowed *a = place_of(rq, details);

        if (!a)
                return;
        turn = *(volatile __u64 *) &a->turn;
        if (turn & 1 || __sync_val_compare_and_swap(&a->turn, turn, turn + 1) != turn)
                return;
        barrier();
        a->stamp = stamp;
        a->cgroup = rq->cgroup;
        a->upper = rq->upper;
        a->lower = rq->lower;
        a->details = details;
        a->exe = rq->exe;
        barrier();
        *(volatile __u64 *) &a->turn = turn + 2;
}

#endif
