/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_MAY_H
#define IRQ_MAY_H

/* Which interrupts may be moved now, and which CPUs of a list they may come to. Nothing is measured for it. */

#include "state.h"

/*
 * 0, and the topology is as of now. -EPERM: never (the kernel manages it, it is a CPU's own, a timer's, a config vector); -ENODEV: its
 * number is another one's by now; -EBUSY: irqbalance places interrupts, which is said once; -ENOENT: there is no such object.
 */
int irq_may_move(struct irq *s, uint32_t irq, uint64_t now_ns);

/* trimtab_knob.check for a list: what is left of it. As irq_may_move(); -EINVAL: no CPU of it is online and neither isolated nor nohz_full. */
int irq_check_list(struct irq *s, uint32_t irq, const struct trimtab_value *want, uint64_t now_ns, struct trimtab_value *ret);

#endif
