/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_REAPPLY_H
#define TRIMTAB_REAPPLY_H

#include "act/order.h"

/*
 * What systemd may have undone by reading its files again, written behind its back or not, is set once more. Only where the
 * value went back to what it was before us; another one is somebody else's.
 */

/* Looks at everything we hold in cgroups of units, and queues orders for what is not ours any more. */
void reapply_look(struct actor *a);

#endif
