/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_DEVICES_H
#define IRQ_DEVICES_H

/* Which device an interrupt is of: its queues are moved one after another. */

#include <stdbool.h>
#include <stdint.h>

/* A device: those that no PCI device has are each one of its own. */
struct device {
        uint32_t number;   /* the same for all interrupts of a device, and for no others */
        char address[24];  /* "0000:00:03.0"; "": no PCI device's */
};

/* For each interrupt below n. root as in topology.h. */
void devices_read(struct device *ret, uint32_t n, const char *root);

/* Whether the interrupt is still that device's. */
bool device_has(const struct device *d, const char *root, uint32_t irq);

#endif
