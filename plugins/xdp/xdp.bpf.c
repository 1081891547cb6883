/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * One program for all modes: a packet is counted, matched against filters, bans and limits, and goes on or not. It is switched by words
 * in its data, so that no packet goes by without it while the mode or a list changes.
 */

#include "count.bpf.h"
#include "filter.bpf.h"
#include "limit.bpf.h"
#include "redirect.bpf.h"
#include "syncookie.bpf.h"

static __always_inline enum xdp_verdict judge(struct xdp_md *ctx, __u32 mode, const struct packet *p, __u64 source, __u32 cpu,
                                              __u64 now_ns)
{
        enum xdp_verdict verdict;

        if (p->neighbour)
                return XDP_VERDICT_PASS;
        switch (filter(p, cpu)) {
        case FILTER_ALLOW:
                return XDP_VERDICT_PASS;
        case FILTER_DROP:
                return XDP_VERDICT_FILTER;
        case FILTER_NONE:
                break;
        }
        if (control.n_bans && is_banned(source, now_ns))
                return XDP_VERDICT_BAN;
        verdict = limit(p, source, now_ns);
        return verdict == XDP_VERDICT_PASS && mode & XDP_MODE_FLOOD ? syncookie(ctx, p) : verdict;
}

static __always_inline enum xdp_verdict decide(struct xdp_md *ctx, __u32 mode, struct xdp_counters *c, __u32 cpu)
{
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        bool filters = mode & (XDP_MODE_FILTER | XDP_MODE_FLOOD);
        struct packet p = {};
        enum packet_kind kind;
        enum xdp_verdict verdict = XDP_VERDICT_PASS;
        __u64 now_ns, source;

        /* In memory, all of it: in registers there is no room, and moving them about took more than all the rest. */
        asm volatile("" : : "r"(&p) : "memory");
        kind = packet_parse(&p, data, end);

        c->packets++;
        c->bytes += end - data;
        if (packet_has_flags(&p) && (p.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
                c->syns++;
        now_ns = clock_here(c);

        if (kind == PACKET_MALFORMED)
                return filters ? XDP_VERDICT_MALFORMED : XDP_VERDICT_PASS;
        if (kind == PACKET_OTHER)
                return XDP_VERDICT_PASS;

        source = packet_source(&p);
        if (counts_talkers)
                count_talker(cpu, source, p.family);
        if (filters)
                verdict = judge(ctx, mode, &p, source, cpu, now_ns);
        if (verdict == XDP_VERDICT_PASS && (mode & XDP_MODE_REDIRECT) && redirect(ctx, &p))
                verdict = XDP_VERDICT_REDIRECT;
        return verdict;
}

SEC("xdp")
int trimtab_xdp(struct xdp_md *ctx)
{
        __u32 mode = *(volatile __u32 *) &control.mode, cpu = bpf_get_smp_processor_id();
        struct xdp_counters *c;
        enum xdp_verdict verdict;

        if (!mode)
                return XDP_PASS;
        c = counters_here(ctx, cpu);
        if (!c)
                return XDP_PASS;

        verdict = decide(ctx, mode, c, cpu);
        c->verdicts[verdict]++;
        if (verdict == XDP_VERDICT_PASS)
                return XDP_PASS;
        if (verdict == XDP_VERDICT_REDIRECT)
                return XDP_REDIRECT;
        if (notice.noticed_ns && !notice.first_drop_ns)
                notice.first_drop_ns = bpf_ktime_get_ns();
        return verdict == XDP_VERDICT_ANSWERED ? XDP_TX : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
