/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_PLACE_H
#define IRQ_PLACE_H

/*
 * Where interrupts are to go. Pure: no I/O, no clock; what is measured comes in, moves come out.
 *
 * What counts is who is hurt. A CPU's pressure is the share of its time that interrupts take, what its tasks take, and how much tasks
 * wait for it; SMT siblings share a core, slow cores feel the same work more. The cost of a placement is the sum of the squares: twice the
 * work on one CPU hurts its tasks more than twice. A move is worth it when it lowers that cost by more than moving costs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACE_NOWHERE UINT32_MAX /* in place of a CPU's index */

struct place_cpu {
        uint32_t core;     /* CPUs of the same number share one: SMT siblings */
        int32_t node;      /* NUMA; -1: not known */
        double capacity;   /* of the fastest CPU: 0 exclusive .. 1 */
        double busy;       /* share of its time that tasks run, 0..1 */
        double waiting;    /* time that tasks wait for it, per time: 0 .. the number of them */
        bool usable;       /* online, and neither isolated nor nohz_full */
};

struct place_irq {
        uint32_t device;         /* those of the same number are one device's */
        uint32_t queues;         /* those of the same number are a device's queues of one kind: what it receives by, or sends by */
        int32_t node;            /* of the device; -1: not known, or none */
        uint32_t cpu;            /* index of the CPU that takes it now; PLACE_NOWHERE: not known */
        double load;             /* share of a CPU of capacity 1: its handler, and the softirqs that it raises */
        const uint64_t *allowed; /* a bit for each CPU by index; NULL: any */
        bool fixed;              /* managed, per CPU, or banned: it counts where it is, and stays */
};

struct place_move {
        uint32_t irq;      /* index */
        uint32_t from, to; /* indices of CPUs; from may be PLACE_NOWHERE */
        double gain;       /* what the cost falls by; of place_spread() by how many fewer queues share the core */
};

/*
 * What moving costs: cold caches, and packets out of order. It takes a fifteenth of a CPU that goes from one that is idle otherwise to
 * another.
 */
#define PLACE_MOVE_COST 0.005

struct place;

/* Takes a picture of the machine; the arrays are copied, `allowed` is not. NULL: no memory. */
struct place *place_new(const struct place_cpu *cpus, uint32_t n_cpus, const struct place_irq *irqs, uint32_t n_irqs);
void place_free(struct place *p);

/* How much all is hurt now: what the moves bring down. */
double place_cost(const struct place *p);

/* The pressure on a CPU: 1 is one that interrupts, or one task that never sleeps, take whole. */
double place_pressure(const struct place *p, uint32_t cpu);

/*
 * The CPU on which this interrupt would hurt least, whatever it costs to move it: where it is if nothing is better. PLACE_NOWHERE: no usable CPU is
 * allowed. `local`: only of the device's node, where it has usable ones.
 */
uint32_t place_calmest(const struct place *p, uint32_t irq, bool local);

/* By how much the cost of all would fall if the interrupt went to that CPU. */
double place_gain(const struct place *p, uint32_t irq, uint32_t cpu);

/*
 * The moves that are worth it, the largest gain an interrupt has first, at most `max`; they are made in the picture. Each interrupt moves once at
 * most, and of each device as many as `per_device` (0: all). The number of moves.
 */
size_t place_balance(struct place *p, uint32_t per_device, struct place_move *ret, size_t max);

/*
 * Moves queues of one kind apart, on as many cores as there are, also where nothing is measured yet: as they should be at the start. Those that
 * are alone stay. The number of moves.
 */
size_t place_spread(struct place *p, uint32_t queues, struct place_move *ret, size_t max);

#endif
