/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_CALLS_H
#define AUDIT_CALLS_H

/* Which system call is which, by the numbers of the architecture that this is built for (calls.txt). */

#include "audit.h"

/* The tables in *c: system calls, those of 32-bit tasks, io_uring's requests. All that is not in them is zero: AUDIT_OTHER. */
void audit_calls_fill(struct audit_config *c);

/* The same for 32-bit tasks, AUDIT_CALLS_MAX of them; none are known where the kernel has no header for it. */
extern const struct audit_call audit_calls_compat[AUDIT_CALLS_MAX];

#endif
