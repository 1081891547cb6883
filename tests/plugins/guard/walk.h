/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_WALK_H
#define TEST_GUARD_WALK_H

#include "policy.h"

/* The tables of a policy, walked as the program does: enum guard_verdict. */
int walk(const struct policy *p, const struct guard_class *class, const struct guard_request *rq);

#endif
