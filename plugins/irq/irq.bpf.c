/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What interrupts take, and from whom: their handlers, and the softirqs that do the rest of their work.
 *
 * A softirq works for the interrupt that raised it. A network queue under load is the exception that matters: it is polled again and again
 * and raises no interrupt at all, while those of others come and go. So the first queue polled after just one interrupt has raised NET_RX is
 * taken for that interrupt's, and what its polls take is the interrupt's from then on, whoever raises what.
 *
 * Each program runs where it cannot be interrupted by itself on its CPU, and writes what is that CPU's.
 */

#include "kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "irq.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct irq_config config;

/* irq * CPUs + cpu -> an interrupt on a CPU: the user side reads an interrupt's row at once. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct irq_stats);
} irqs SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct irq_cpu);
} cpus SEC(".maps");

/* hash of a queue's address -> its interrupt. Where two fall together the later one stays. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << IRQ_NAPI_BITS);
        __type(key, __u32);
        __type(value, struct irq_napi);
} napis SEC(".maps");

/* ifindex -> number of a watched interface. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, IRQ_IFACES_MAX);
        __type(key, __u32);
        __type(value, __u32);
} watched_ifaces SEC(".maps");

/* number * CPUs + cpu -> a watched interface on a CPU. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct irq_iface);
} ifaces SEC(".maps");

static __always_inline struct irq_cpu *this_cpu(void)
{
        __u32 cpu = bpf_get_smp_processor_id();

        return bpf_map_lookup_elem(&cpus, &cpu);
}

static __always_inline struct irq_stats *find_irq(__u32 irq)
{
        __u32 i = irq * config.n_cpus + bpf_get_smp_processor_id();

        return irq < config.n_irqs ? bpf_map_lookup_elem(&irqs, &i) : NULL;
}

/* What is passed on is an interrupt's number + 1; 0: nobody's. */
static __always_inline struct irq_stats *find_owner(__u32 owner)
{
        return owner ? find_irq(owner - 1) : NULL;
}

/* How many tasks could have had this CPU now. The one that runs softirqs does not want it for itself. */
static __always_inline __u64 count_losers(const bool raw)
{
        struct task_struct *task = raw ? (struct task_struct *) bpf_get_current_task() : bpf_get_current_task_btf();
        __u64 n = 0;

        if (bpf_core_field_exists(struct sched_entity, cfs_rq) && bpf_core_field_exists(struct cfs_rq, rq))
                n = FIELD(raw, task, se.cfs_rq, rq, nr_running);
        else
                n = FIELD(raw, task, pid) != 0;
        if (n && FIELD(raw, task, comm[0]) == 'k' && FIELD(raw, task, comm[1]) == 's' &&
            FIELD(raw, task, comm[2]) == 'o' && FIELD(raw, task, comm[3]) == 'f')
                n--;
        return n;
}

static __always_inline int on_enter(__u32 irq)
{
        struct irq_cpu *here = this_cpu();
        struct irq_stats *stats = find_irq(irq);

        if (!here || !stats)
                return 0;
        here->current = irq + 1;
        stats->since = bpf_ktime_get_ns();
        return 0;
}

/* Of several handlers that share an interrupt all are called, each time: it has been once when the last one is done. */
static __always_inline int on_leave(__u32 irq, struct irqaction *action, const bool raw)
{
        struct irq_cpu *here = this_cpu();
        struct irq_stats *stats = find_irq(irq);
        __u64 now, time, hurt;

        if (!here || !stats)
                return 0;
        here->current = 0;
        if (!FIELD(raw, action, next)) {
                stats->count++;
                here->count++;
        }
        if (!stats->since)
                return 0;
        now = bpf_ktime_get_ns();
        time = now - stats->since;
        stats->since = 0;
        hurt = time * count_losers(raw);
        stats->time += time;
        stats->hurt += hurt;
        here->time += time;
        here->hurt += hurt;
        return 0;
}

/* The interrupt that is handled, or the one for which the softirq runs that raises another, or itself again. */
static __always_inline int on_raise(__u32 vector)
{
        struct irq_cpu *here = this_cpu();
        __u32 owner, runs;

        if (!here)
                return 0;
        vector %= IRQ_VECTORS;
        owner = here->current;
        runs = here->vector;
        if (vector == VECTOR_NET_RX && !owner && runs == VECTOR_NET_RX + 1) {
                here->is_left_over = 1;
                return 0;
        }
        if (vector == VECTOR_NET_RX) {
                if (!owner)
                        return 0; /* packets to oneself, or buffers given back by other CPUs: no device's queue is polled for it */
                if (here->n_raisers && here->raised_by[vector] != owner)
                        here->n_raisers = 2;
                else if (!here->n_raisers)
                        here->n_raisers = 1;
        }
        if (!owner && runs)
                owner = here->raised_by[(runs - 1) % IRQ_VECTORS];
        here->raised_by[vector] = owner;
        return 0;
}

static __always_inline int on_softirq_enter(__u32 vector)
{
        struct irq_cpu *here = this_cpu();
        __u64 now;

        if (!here)
                return 0;
        vector %= IRQ_VECTORS;
        now = bpf_ktime_get_ns();
        here->vector = vector + 1;
        here->softirq_since = now;
        here->softirq_time_before = here->time;
        if (vector != VECTOR_NET_RX)
                return 0;
        here->only_raiser = here->n_raisers == 1 && !here->is_left_over ? here->raised_by[vector] : 0;
        here->n_raisers = 0;
        here->is_left_over = 0;
        here->n_polls = 0;
        here->poll_since = now;
        here->poll_time_before = here->time;
        return 0;
}

/* Since then, less the interrupts in between. */
static __always_inline __u64 own_time(__u64 now, __u64 since, __u64 interrupts)
{
        __u64 time = now - since;

        return since && now > since && time > interrupts ? time - interrupts : 0;
}

static __always_inline void book(__u32 owner, __u64 time, __u64 losers)
{
        struct irq_stats *stats = find_owner(owner);

        if (!stats)
                return;
        stats->softirq_time += time;
        stats->hurt += time * losers;
}

static __always_inline int on_softirq_leave(__u32 vector, const bool raw)
{
        struct irq_cpu *here = this_cpu();
        __u64 time, losers;

        vector %= IRQ_VECTORS;
        if (!here || here->vector != vector + 1)
                return 0;
        time = own_time(bpf_ktime_get_ns(), here->softirq_since, here->time - here->softirq_time_before);
        losers = count_losers(raw);
        here->vector = 0;
        here->softirq_time[vector] += time;
        here->hurt += time * losers;
        if (1u << vector & VECTORS_OF_DEVICES && !(vector == VECTOR_NET_RX && here->n_polls))
                book(here->raised_by[vector], time, losers);
        return 0;
}

/* As a number, which the verifier does not let a pointer be. */
static __always_inline __u64 address_of(void *pointer)
{
        __u64 address = 0;

        (void) bpf_probe_read_kernel(&address, sizeof(address), &pointer);
        return address;
}

/* Whose poll it was. */
static __always_inline __u32 owner_of(struct irq_cpu *here, __u64 napi)
{
        __u32 hash = (__u32) (napi * 0x9e3779b97f4a7c15ull >> (64 - IRQ_NAPI_BITS));
        struct irq_napi *known = bpf_map_lookup_elem(&napis, &hash);

        if (!known)
                return 0;
        if (here->only_raiser && !here->n_polls) {
                /* What was seen once may have been by chance; what is seen twice in a row where another one was known is not. */
                if (known->napi != napi || known->irq == here->only_raiser || known->doubts) {
                        known->irq = here->only_raiser;
                        known->napi = napi;
                        known->doubts = 0;
                } else
                        known->doubts = 1;
        }
        return known->napi == napi ? known->irq : here->raised_by[VECTOR_NET_RX];
}

static __always_inline int on_poll(struct napi_struct *napi, int work, int budget, const bool raw)
{
        struct net_device *dev = FIELD(raw, napi, dev);
        __u32 ifindex = dev ? FIELD(raw, dev, ifindex) : 0, *number;
        struct irq_cpu *here = this_cpu();

        if (!here)
                return 0;
        if (here->vector == VECTOR_NET_RX + 1) {
                __u64 now = bpf_ktime_get_ns();
                __u64 time = own_time(now, here->poll_since, here->time - here->poll_time_before);

                /* The one without a device has the packets to oneself. */
                if (dev) {
                        book(owner_of(here, address_of(napi)), time, count_losers(raw));
                        here->n_polls++;
                }
                here->poll_since = now;
                here->poll_time_before = here->time;
        }

        number = ifindex ? bpf_map_lookup_elem(&watched_ifaces, &ifindex) : NULL;
        if (number && FIELD(raw, dev, nd_net.net, ns.inum) == config.netns) {
                __u32 i = *number * config.n_cpus + bpf_get_smp_processor_id();
                struct irq_iface *iface = bpf_map_lookup_elem(&ifaces, &i);

                if (!iface)
                        return 0;
                iface->polls++;
                iface->packets += work > 0 ? work : 0;
                iface->exhausted += work >= budget && budget > 0;
        }
        return 0;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(irq_enter, int irq)
{
        return on_enter(irq);
}

SEC("raw_tp/irq_handler_entry")
int BPF_PROG(irq_enter_r, int irq)
{
        return on_enter(irq);
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(irq_leave, int irq, struct irqaction *action)
{
        return on_leave(irq, action, false);
}

SEC("raw_tp/irq_handler_exit")
int BPF_PROG(irq_leave_r, int irq, struct irqaction *action)
{
        return on_leave(irq, action, true);
}

SEC("tp_btf/softirq_raise")
int BPF_PROG(irq_raise, unsigned int vector)
{
        return on_raise(vector);
}

SEC("raw_tp/softirq_raise")
int BPF_PROG(irq_raise_r, unsigned int vector)
{
        return on_raise(vector);
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(softirq_enter, unsigned int vector)
{
        return on_softirq_enter(vector);
}

SEC("raw_tp/softirq_entry")
int BPF_PROG(softirq_enter_r, unsigned int vector)
{
        return on_softirq_enter(vector);
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(softirq_leave, unsigned int vector)
{
        return on_softirq_leave(vector, false);
}

SEC("raw_tp/softirq_exit")
int BPF_PROG(softirq_leave_r, unsigned int vector)
{
        return on_softirq_leave(vector, true);
}

SEC("tp_btf/napi_poll")
int BPF_PROG(irq_poll, struct napi_struct *napi, int work, int budget)
{
        return on_poll(napi, work, budget, false);
}

SEC("raw_tp/napi_poll")
int BPF_PROG(irq_poll_r, struct napi_struct *napi, int work, int budget)
{
        return on_poll(napi, work, budget, true);
}
