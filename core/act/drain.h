/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DRAIN_H
#define TRIMTAB_DRAIN_H

#include "act/order.h"

/*
 * Before MemoryHigh comes down through systemd: whoever writes memory.high below what is in use reclaims the
 * difference itself, and that must not be PID 1. The worker has it reclaimed first, and o->value is raised to
 * what is then still in use. Other orders go on at once.
 */
void drain_begin(struct order *o, void (*drained)(struct order *o));

#endif
