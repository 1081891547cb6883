/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_COUNT_BPF_H
#define XDP_COUNT_BPF_H

/* Who sends, how much, and whether that is a flood. */

#include "limit.bpf.h"

/* The one that fills most of a place keeps it: others wear it down. */
static __always_inline void count_talker(__u32 cpu, __u64 source, __u32 family)
{
        __u32 key = cpu * XDP_TALKERS + (mix(source) >> 40) % XDP_TALKERS;
        struct xdp_talker *t = bpf_map_lookup_elem(&talkers, &key);

        if (!t)
                return;
        if (t->source == source && t->weight > 0) {
                t->packets++;
                if (t->weight < XDP_TALKERS_MAX_WEIGHT)
                        t->weight++;
        } else if (t->weight > 1)
                t->weight--;
        else {
                /* Who reads it meanwhile must not see the new one with the other's count: the count goes first. */
                *(volatile __u64 *) &t->packets = 1;
                *(volatile __u64 *) &t->source = source;
                t->weight = 1;
                t->family = family;
        }
}

static __always_inline void begin_flood(__u64 *flood_ns, __u64 now_ns, __u32 syn)
{
        struct xdp_event event = { .syn = syn };
        __u64 before_ns = *flood_ns;

        *flood_ns = now_ns;
        if (before_ns && now_ns - before_ns < XDP_FLOOD_FOR_NS)
                return;
        event.time_ns = bpf_ktime_get_ns();
        notice.noticed_ns = event.time_ns;
        notice.first_drop_ns = 0;
        (void) bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

/* A window is over, and this CPU is the one that looks at it. */
static __always_inline void judge_window(__u64 elapsed_ns, __u64 now_ns)
{
        __u64 packets = __sync_fetch_and_and(&notice.packets, 0), syns = __sync_fetch_and_and(&notice.syns, 0);
        __u64 elapsed_us = elapsed_ns / 1000;

        if (control.flood_pps && packets * 1000000 >= control.flood_pps * elapsed_us)
                begin_flood(&notice.flood_ns, now_ns, 0);
        if (control.flood_syn_pps && syns * 1000000 >= control.flood_syn_pps * elapsed_us)
                begin_flood(&notice.syn_flood_ns, now_ns, 1);
}

/* Once a tick and CPU: what has come since then, to all. */
static __always_inline void tell_window(struct xdp_counters *c)
{
        __u64 start_ns = notice.start_ns;
        __s64 elapsed_ns = c->now_ns - start_ns;

        __sync_fetch_and_add(&notice.packets, (__u32) c->packets - c->packets_told);
        __sync_fetch_and_add(&notice.syns, (__u32) c->syns - c->syns_told);
        c->packets_told = c->packets;
        c->syns_told = c->syns;

        if (elapsed_ns >= (__s64) XDP_WINDOW_NS &&
            __sync_val_compare_and_swap(&notice.start_ns, start_ns, c->now_ns) == start_ns)
                judge_window(elapsed_ns, c->now_ns);
}

/*
 * The time. The coarse clock stands still between two ticks: it is asked once in each, as the number of the tick is had for a load. A CPU
 * may be a tick behind the others.
 */
static __always_inline __u64 clock_here(struct xdp_counters *c)
{
        __u32 tick = bpf_jiffies64();

        if (c->tick != tick) {
                c->tick = tick;
                c->now_ns = bpf_ktime_get_coarse_ns();
                tell_window(c);
        }
        return c->now_ns;
}

static __always_inline struct xdp_counters *counters_here(struct xdp_md *ctx, __u32 cpu)
{
        __u32 queue = ctx->rx_queue_index, key;

        if (queue >= n_queues)
                queue = n_queues - 1;
        key = cpu * n_queues + queue;
        return bpf_map_lookup_elem(&counters, &key);
}

#endif
