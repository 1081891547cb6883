/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_VETH_H
#define TEST_XDP_VETH_H

#include <stdint.h>

/* The calling process goes into a network namespace of its own, with a pair of interfaces, up: what is sent by one comes in by the other.
 * IPv6 keeps quiet on them. -errno; -EOPNOTSUPP: this kernel has no such interfaces. */
int veth_pair(const char *one, const char *other);

/* A socket for whole frames, of all protocols. -errno. */
int veth_socket(const char *interface);

#endif
