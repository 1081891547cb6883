/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_COOKIES_GROUND_H
#define TEST_XDP_COOKIES_GROUND_H

#include <stdint.h>

#include "program.h"

/* What the tests of SYN cookies have in common: settings, listeners, the program. All of it fails the test when it fails. */

void run(const char *command);

/* Below /proc/sys/net of the caller's namespace. */
int get(const char *sysctl);
void set(const char *sysctl, int value);

/* A socket that listens at that port on all addresses. buffer, mss: of its own; 0: the kernel's. */
int listener(uint16_t port, int buffer, int mss);

/* Loaded, in the caller's network namespace, with no filters but the built-in one. NULL, after saying why. */
struct xdp_program *load_program(const char *interface);
uint64_t counted(const struct xdp_program *p, enum xdp_verdict verdict);

#endif
