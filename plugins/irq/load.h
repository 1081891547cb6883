/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_LOAD_H
#define IRQ_LOAD_H

/* The BPF programs of the plugin, and their maps, read in place. */

#include <stdint.h>

#include "irq.h"
#include "programs.h"

enum irq_program {
        IRQ_PROGRAM_ENTER,
        IRQ_PROGRAM_LEAVE,
        IRQ_PROGRAM_RAISE, /* for whom a softirq works */
        IRQ_PROGRAM_SOFTIRQ_ENTER,
        IRQ_PROGRAM_SOFTIRQ_LEAVE,
        IRQ_PROGRAM_POLL,
        _IRQ_PROGRAM_MAX,
};

/* How the maps are sized. */
struct irq_sizes {
        uint32_t n_cpus; /* possible ones */
        uint32_t n_irqs; /* numbers 0 .. n_irqs - 1 are counted */
};

struct irq_view {
        struct irq_sizes sizes;
        struct programs programs;
        struct irq_stats *irqs;   /* irq * n_cpus + cpu */
        struct irq_cpu *cpus;     /* n_cpus */
        struct irq_iface *ifaces; /* number * n_cpus + cpu */
};

/*
 * Loads what this kernel takes into *v, which must be zero, and attaches nothing. 0 even if programs were refused: ask
 * programs_refusal(). Negative errno if no map could be made.
 */
int irq_view_open(struct irq_view *v, const struct irq_sizes *sizes);
void irq_view_close(struct irq_view *v);

/* Forgets what was under way: call it before the first program is attached. Totals stay. */
void irq_view_forget(struct irq_view *v);

/* An interrupt's sum over all CPUs. */
struct irq_stats irq_view_sum(const struct irq_view *v, uint32_t irq);

/* Counts the interface under this number from now on, from zero; ifindex 0 takes it off. Negative errno. */
int irq_view_watch_iface(struct irq_view *v, uint32_t number, uint32_t before, uint32_t ifindex);
struct irq_iface irq_view_iface(const struct irq_view *v, uint32_t number);

#endif
