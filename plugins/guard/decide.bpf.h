/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_DECIDE_BPF_H
#define GUARD_DECIDE_BPF_H

/* What becomes of a request: the whole of it, from what is remembered to the refusal. Include verdicts.bpf.h and tell.bpf.h first. */

static __always_inline bool is_probe(const struct guard_control *c, const struct guard_request *rq)
{
        if (rq->kind == GUARD_CREATE)
                return rq->reserved == GUARD_PROBE_PROTOCOL || rq->reserved == GUARD_PROBE_ETHERTYPE;
        if (rq->port != c->probe_port)
                return false;
        return rq->family == 4 ? rq->upper >> 32 == c->probe_v4 : rq->upper == 0 && rq->lower == 1;
}

/* Where rules ask for programs or users, or nothing is known of the cgroup yet. */
__noinline int guard_judge_all(struct guard_request *rq, __u32 generation)
{
        const struct guard_set *set = find_set(generation);
        struct guard_class class = {};
        __u64 cgroup;

        if (!rq || !set)
                return GUARD_ALLOW;
        cgroup = rq->cgroup;
        if (!guard_match_cgroup(&class, cgroup, generation)) {
                guard_classify(&class, generation);
                keep_class(&class, cgroup, generation);
        }
        guard_match_program(&class, rq, generation);
        return judge_by(rq, set, &class, generation);
}

/* Where rules ask for cgroups alone, what is known of the cgroup is looked at in place. */
static __always_inline int judge(struct guard_request *rq, const struct guard_set *set, __u32 generation)
{
        const struct guard_class *class = &set->everybody;
        __u64 cgroup = rq->cgroup;

        if (set->has_exes | set->has_uids)
                return guard_judge_all(rq, generation);
        if (set->has_cgroups)
                class = find_class(generation, cgroup);
        return class ? judge_by(rq, set, class, generation) : guard_judge_all(rq, generation);
}

/* It is learnt, or judged: is it to be refused? rq->cgroup is known. */
static __always_inline int learn_or_judge(struct guard_request *rq, struct guard_control *c)
{
        __u32 generation = c->in_force & GUARD_STAMP_GENERATION;
        const struct guard_set *set;
        int verdict;

        if (c->mode == GUARD_LEARN)
                return c->teller == rq->backend || rq->kind == GUARD_CREATE ? guard_learn(rq) : 0;
        set = find_set(generation);
        if (!set)
                return 0;
        if (set->has_uids)
                rq->uid = current_user();
        if (set->has_exes)
                read_exe(&rq->exe);
        if ((set->has_uids | set->has_exes) && was_allowed(rq, set->stamp))
                return 0;
        verdict = judge(rq, set, generation);
        if (verdict == GUARD_ALLOW)
                keep_allowed(rq, set->stamp);
        return verdict == GUARD_DENY ? guard_refuse(rq, generation) : 0;
}

/* Out of the way of what is not: the code of a decision is not at hand when it is called. */
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* What can be said of it at once: 1: it is to be refused; 0: it is not; -1: it is to be learnt, or judged. */
static __always_inline int settle(struct guard_request *rq, struct guard_control *c)
{
        __u64 stamp;

        if (UNLIKELY(c->probing) && is_probe(c, rq))
                return c->probing == rq->backend + 1u;
        if (UNLIKELY(c->mode == GUARD_OFF))
                return 0;

        rq->cgroup = current_cgroup();
        if (UNLIKELY(c->counting) && c->teller == rq->backend && rq->kind <= GUARD_SEND)
                guard_count(rq->cgroup, GUARD_CONNECTS);
        if (UNLIKELY(c->mode == GUARD_LEARN))
                return -1;
        stamp = *(const volatile __u64 *) &c->in_force;
        return !(stamp & GUARD_STAMP_ASKS) && was_allowed(rq, stamp) ? 0 : -1;
}

/* Is it to be refused? */
static __always_inline int decide(struct guard_request *rq)
{
        struct guard_control *c = find_control();
        int refused;

        if (!c)
                return 0;
        refused = settle(rq, c);
        return refused >= 0 ? refused : learn_or_judge(rq, c);
}

/* What of a request goes from one function to another in a word. */
static __always_inline __u64 way_of(const struct guard_request *rq)
{
        return (__u64) rq->reserved << 24 | (__u32) rq->exact << 16 | (__u32) rq->backend << 8 | rq->kind;
}

/* details: details_of(), way: way_of(). */
__noinline int guard_decide(__u64 upper, __u64 lower, __u64 cgroup, __u64 details, __u64 way)
{
        struct guard_request rq = { .upper = upper, .lower = lower, .cgroup = cgroup };
        struct guard_control *c = find_control();

        if (!c)
                return 0;
        rq.port = details >> 16;
        rq.protocol = details >> 8;
        rq.family = details;
        rq.reserved = way >> 24;
        rq.exact = way >> 16;
        rq.backend = way >> 8;
        rq.kind = way;
        return learn_or_judge(&rq, c);
}

/*
 * The same for a request that is in registers: only inline functions are given its address, and what was allowed a moment ago is let through
 * in the hook, with the one call that finds the task. A call, of the kernel's functions or ours, takes as long as half of all else. Not for all
 * hooks, as it takes more of the stack: that of all calls together is 512 bytes.
 */
static __always_inline int decide_in_registers(struct guard_request *rq)
{
        struct guard_control *c = find_control();
        int refused;

        if (!c)
                return 0;
        refused = settle(rq, c);
        return refused >= 0 ? refused : guard_decide(rq->upper, rq->lower, rq->cgroup, details_of(rq), way_of(rq));
}

#endif
