/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_KIND_H
#define IRQ_KIND_H

/* Which interrupts are not to be moved, told without moving them. */

#include <stdint.h>

/* Why it is not, NULL: nothing speaks against it so far. `name` is the object's, "virtio0-config:24"; root as in topology.h. */
const char *kind_refusal(const char *root, uint32_t irq, const char *name);

#endif
