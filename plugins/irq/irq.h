/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef IRQ_H
#define IRQ_H

/* What the BPF programs and the plugin share. Each counter has one writer, its CPU; user space reads in place. Times are ns. */

/* The kernel's softirqs by number: it has had these, in this order, since 4.x. */
enum irq_vector {
        VECTOR_HI,
        VECTOR_TIMER,
        VECTOR_NET_TX,
        VECTOR_NET_RX,
        VECTOR_BLOCK,
        VECTOR_IRQ_POLL,
        VECTOR_TASKLET,
        VECTOR_SCHED,
        VECTOR_HRTIMER,
        VECTOR_RCU,
        _VECTOR_MAX,
};

#define IRQ_VECTORS 16 /* a power of two: an index less its other bits is one for the verifier, too */

/* Those that do a device's work, for the interrupt that has raised them. */
#define VECTORS_OF_DEVICES                                                                                   \
        (1u << VECTOR_HI | 1u << VECTOR_NET_TX | 1u << VECTOR_NET_RX | 1u << VECTOR_BLOCK |                  \
         1u << VECTOR_IRQ_POLL | 1u << VECTOR_TASKLET)

struct irq_config {
        unsigned n_cpus, n_irqs;
        unsigned netns; /* that of the watched interfaces */
};

/* An interrupt on a CPU. */
struct irq_stats {
        unsigned long long since; /* when its handler was called; 0: it does not run */
        unsigned long long count;
        unsigned long long time;         /* in its handlers */
        unsigned long long softirq_time; /* in softirqs that do its work */
        unsigned long long hurt;         /* what tasks lost by both: time, times the tasks that could have run */
};

/* A CPU. */
struct irq_cpu {
        unsigned long long time, count, hurt;
        unsigned long long softirq_time[IRQ_VECTORS]; /* less the interrupts in between */

        unsigned long long softirq_since, softirq_time_before; /* when it began, and `time` then */
        unsigned long long poll_since, poll_time_before;       /* the same of the poll under way */
        unsigned current;                                      /* the interrupt that is handled, + 1 */
        unsigned vector;                                       /* the softirq that runs, + 1 */
        unsigned raised_by[IRQ_VECTORS];                       /* the interrupt for which it runs, + 1; 0: none */
        unsigned n_raisers;                                    /* interrupts that have raised NET_RX since it last began; 2: more than one */
        unsigned is_left_over;                                 /* NET_RX did not get to the end of its work */
        unsigned only_raiser;                                  /* the interrupt, + 1, whose queue alone can be the first one polled */
        unsigned n_polls;                                      /* in this run */
        unsigned long long pad[6];
};

/* Which interrupt a queue has. */
struct irq_napi {
        unsigned long long napi;
        unsigned irq;    /* + 1 */
        unsigned doubts; /* 1: another one was seen last */
};

#define IRQ_NAPI_BITS 10

/* A watched interface on a CPU. */
struct irq_iface {
        unsigned long long polls, packets, exhausted;
};

#define IRQ_IFACES_MAX 256

_Static_assert(sizeof(struct irq_stats) == 40, "what both sides have");
_Static_assert(sizeof(struct irq_cpu) % 64 == 0, "CPUs do not share a cache line");

#endif
