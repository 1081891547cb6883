/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_LOADS_H
#define IRQ_LOADS_H

/* What interrupts and tasks take of each CPU lately: the averages by which interrupts are placed. */

#include <stdbool.h>

#include "load.h"
#include "place.h"

struct loads {
        struct irq_sizes sizes;
        uint64_t since_ns, at_ns; /* the first look and the last one; 0: none */
        double *load;             /* irq -> share of a CPU */
        uint64_t *taken;          /* irq -> ns, as of the last look */
        uint32_t *counts;         /* irq * n_cpus + cpu -> how often, the low bits, as of the last look */
        uint32_t *cpu;            /* irq -> where it fired most since the look before; PLACE_NOWHERE: not since the first */
        uint64_t *fired_ns;       /* irq -> when it was last seen to have fired */
        double *busy, *waiting;   /* cpu -> as in struct place_cpu */
        uint64_t *ran, *waited;   /* cpu -> ns, as of the last look */
};

int loads_init(struct loads *l, const struct irq_sizes *sizes);
void loads_done(struct loads *l);

/* Starts anew: nothing was looked at for a while. */
void loads_forget(struct loads *l);

/* Has a look, unless the last one is less than half a second ago. root as in topology.h. */
void loads_look(struct loads *l, const struct irq_view *v, const char *root, uint64_t now_ns);

/* Whether it is known what everything takes: ten seconds and two looks are. */
bool loads_are_known(const struct loads *l);

#endif
