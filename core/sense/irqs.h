/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_IRQS_H
#define TRIMTAB_IRQS_H

#include "sense/roll.h"

/*
 * Keeps the registry's interrupts like those that somebody handles. The key is the number, the name the handlers' and the number,
 * "eth0-TxRx-3:41": numbers are reused, and the same one for another handler is another object. The path leads through the
 * handler's folder, "/proc/irq/41/eth0-TxRx-3/..": what is written there, be it to put something back long after, cannot reach another
 * handler's interrupt.
 */

/*
 * Brings the registry up to date with sys_irq ("/sys/kernel/irq") and proc_irq ("/proc/irq"). The kernel tells nobody of interrupts that come
 * and go: call it now and then. -errno: it did not say which there are, and nothing was changed.
 */
int irqs_scan(struct objects *objects, const char *sys_irq, const char *proc_irq, object_changed changed,
              void *userdata);

#endif
