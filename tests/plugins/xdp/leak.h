/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_LEAK_H
#define TEST_XDP_LEAK_H

#include "run.h"

/* Lists that all drop the same two packets, each by another filter that has another number and looks at something else. */

extern const char *const leak_probes[2]; /* as frame_build() takes them */

/* Until the program has seen some more; gives up, and all with it, after some seconds without. */
void leak_await_packets(const struct xdp_program *p);

/* Switches between filter and flood mode, and from list to list, that many times each; there are packets in each mode. */
void leak_change_modes(struct xdp_program *p, unsigned n);
void leak_change_lists(struct xdp_program *p, unsigned n);

#endif
