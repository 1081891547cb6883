/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_NETWORK_H
#define TEST_GUARD_NETWORK_H

/* Three networks of the test's own: the attempts', another of theirs, and the receiver's, a wire to which each of the first two has. */

#include <sys/types.h>

#define NETWORK_NEAR_V4 "10.77.0.1"

/* The caller leaves its network for a new one, with a wire to that of process `far`; the rest of `ends` is filled. 0 or a negative errno. */
int network_make(pid_t far);

/* In the receiver's network, when the wires are there. */
int network_far_end(void);

#endif
