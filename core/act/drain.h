/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DRAIN_H
#define TRIMTAB_DRAIN_H

#include "act/order.h"

/*
 * Before MemoryHigh comes down through systemd: whoever writes memory.high below what is in use reclaims the
 * difference itself, and that must not be PID 1. The worker has it reclaimed first.
 */

/*
 * False: the order can go on; o->value is raised to what is still in use after it was drained. True: the worker is at it, for
 * as long as seconds, in which anybody may set anything: then `drained` is called, and the order is to begin anew.
 */
bool drain_begin(struct order *o, void (*drained)(struct order *o));

#endif
