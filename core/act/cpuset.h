/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CPUSET_H
#define TRIMTAB_CPUSET_H

#include "act/order.h"

/*
 * The kernel refuses to empty the cpuset.cpus of a cgroup with tasks (ENOSPC), even where it was empty
 * before anybody set it. What says the same is all that the parent has. True: o->want is that now.
 */
bool cpuset_stand_in(struct order *o);

#endif
