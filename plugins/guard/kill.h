/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_KILL_H
#define GUARD_KILL_H

/*
 * The knob guard.kill of a cgroup: ends processes in it and below. A process is held by a descriptor before it is looked at, so that a number
 * that is given to another one meanwhile ends nobody; in doubt nobody is ended. Nobody left to end is no error.
 */

#include <trimtab/plugin.h>

/* "refused": those that were refused something, or would have been, by the policy in force; "all". */
extern const char *const guard_kill_choices[];

/*
 * -EPERM: not while the daemon is to change nothing, nor all of a cgroup that the machine or the daemon cannot do without; -ENODEV: there is
 * no such cgroup any more. Who was ended is told.
 */
int guard_kill_apply(void *self, uint64_t object, const struct trimtab_value *want);

#endif
