/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SCHEDULER_H
#define TRIMTAB_SCHEDULER_H

#include "act/order.h"

/*
 * With another scheduler of a disk the kernel sets queue/nr_requests and queue/wbt_lat_usec anew, each time, back to the first one too. So what they
 * were is noted before, as changes of their own in the ledger, and put back after the scheduler has gone back (moved.c).
 */

/* Of a scheduler, before it is written, be it to go back. False: it cannot be, and the order is finished. Other files: true. */
bool scheduler_make_way(struct order *o);

/* After the scheduler was written or not: what the other files hold now is the kernel's doing, or as it was. */
void scheduler_is_written(struct order *o);

#endif
