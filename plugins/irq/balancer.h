/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_BALANCER_H
#define IRQ_BALANCER_H

/* Whether irqbalance runs, which would move everything back. */

#include <stdint.h>
#include <sys/types.h>

struct balancer {
        uint64_t looked_ns, searched_ns;
        pid_t pid; /* 0: none */
};

/*
 * Its process, 0 if there is none. Looks at its socket, its pid file and its service every few seconds, and at all processes every few
 * minutes. root as in topology.h.
 */
pid_t balancer_find(struct balancer *b, const char *root, uint64_t now_ns);

#endif
