/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_AFFINITY_H
#define IRQ_AFFINITY_H

#include "state.h"

/* The words of irq.affinity. */
extern const char *const irq_affinity_words[];

/* trimtab_knob.check of irq.affinity: what a word means for an interrupt now. */
int irq_affinity_check(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret);

/* Once a tick: looks at loads while somebody asks what words mean, and whether interrupts went where they should. */
void irq_affinity_tick(struct irq *s, uint64_t now_ns);

#endif
