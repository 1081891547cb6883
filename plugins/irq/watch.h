/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_WATCH_H
#define IRQ_WATCH_H

#include "state.h"

int irq_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n);

/* Attaches what wanted metrics and the placing of interrupts need, and detaches the rest. */
void irq_update_programs(struct irq *s);
void irq_tell_programs(struct irq *s);

#endif
