/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_PROBE_H
#define GUARD_PROBE_H

/*
 * Which hooks have an effect here, tried out: a child of ours makes connections that a backend is to refuse, and that are refused by nothing
 * else, to an address of loopback where nobody listens. That a program loads, and is attached, proves nothing.
 */

#include <stdint.h>

#include "program.h"

/* What was refused, bits. */
enum probe {
        PROBE_CONNECT4,
        PROBE_CONNECT6,
        PROBE_SEND4,
        PROBE_SEND6,
        PROBE_RAW,
        PROBE_PACKET,
        PROBE_LISTEN,
        PROBE_ROUTE_OPTION,
        PROBE_ROUTE_MESSAGE,
        _PROBE_MAX,
};

extern const char *const probe_names[_PROBE_MAX];

/* By backend. The child goes into the cgroup of that path first; NULL: it stays where we are. -ETIMEDOUT, … */
int probe_run(struct program *p, const char *cgroup, uint32_t ret[_GUARD_BACKEND_MAX]);

#endif
