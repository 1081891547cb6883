/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef IRQ_REFERENCE_H
#define IRQ_REFERENCE_H

#define REFERENCE_IRQS    1024
#define REFERENCE_VECTORS 16

/* Totals over all CPUs; times in ns. */
struct reference {
        unsigned long long count[REFERENCE_IRQS], time[REFERENCE_IRQS];
        unsigned long long softirqs[REFERENCE_VECTORS], softirq_time[REFERENCE_VECTORS];
        unsigned long long polls, packets;
};

#endif
