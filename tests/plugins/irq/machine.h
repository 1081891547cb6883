/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_IRQ_MACHINE_H
#define TEST_IRQ_MACHINE_H

/* Made-up machines with made-up loads, to place interrupts on. */

#include "../../../plugins/irq/place.h"

struct machine {
        struct place_cpu *cpus;
        struct place_irq *irqs;
        double *counts; /* by interrupt: how often it is raised a second; what irqbalance shares a CPU's time by */
        uint32_t n_cpus, n_irqs;
};

/* `packages` of `cores` with `threads` each; a package is a node. CPUs are numbered as on x86: first threads first. Nothing runs. */
void machine_make(struct machine *m, uint32_t packages, uint32_t cores, uint32_t threads, uint32_t n_irqs);
void machine_free(struct machine *m);

/* All where a machine has them after the start: on the first CPU. */
void machine_gather(struct machine *m);

/*
 * Loads by chance, a few heavy and many light ones, and a count for each. `saturated` of them are polled without rest: the heaviest of all, and
 * hardly ever raised, two and two on a CPU. All loads together are `total` CPUs.
 */
void machine_load(struct machine *m, unsigned seed, uint32_t saturated, double total);

/* The share of its time that interrupts take of the CPU that they take most of. */
double machine_worst(const struct machine *m);

/*
 * One round of irqbalance as its sources and issues describe it, on the level of CPUs: a CPU's time in interrupts is shared among them by
 * count; from CPUs above the least loaded one interrupts are taken as long as that does not turn the imbalance round; each goes to the CPU of
 * least load. Loads follow the interrupts. The number of moves.
 */
uint32_t machine_irqbalance(struct machine *m);

#endif
