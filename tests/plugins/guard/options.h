/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_OPTIONS_H
#define TEST_GUARD_OPTIONS_H

/* Options of sockets and messages, as work for ground_run(). */

/* What any program may set, to values of any length. 0; or 100 and the number of the first one that cannot be set, or is not what was set. */
int options_ordinary(const void *userdata);

/* One by which a packet is routed: userdata is one of these. The error, 0: it was taken. */
struct option_route {
        int level, option;
};
int options_route(const void *userdata);

/* A datagram to loopback, with messages of control: userdata is how many (int) that are harmless, and one more, a route, if that is negative. */
int options_message(const void *userdata);

#endif
