/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_ATTEMPTS_H
#define TEST_GUARD_ATTEMPTS_H

/* A run: every technique once, in a process and a cgroup of its own. */

#include <stdint.h>

#include "groups.h"
#include "receiver.h"
#include "technique.h"

struct ground {
        struct groups groups;
        struct receiver receiver;
        char scratch[128], program[160];
        const struct technique *techniques[RECEIVER_ATTEMPTS]; /* those that were asked for */
        uint32_t n;
};

struct attempted {
        bool tried;
        int error;     /* the errno that ended it; 0: it believes that it got through */
        uint32_t seen; /* SEEN_ bits, of the receiver */
};

/* Networks, receiver, cgroups and a copy of `program`, which says its word to whom it is told. 0, or -1 and has said why. */
int ground_make(struct ground *g, const char *program, const char *only);
void ground_remove(struct ground *g);

/* The port of the first attempt of a run; RECEIVER_ATTEMPTS on is the next run's. */
uint16_t attempts_port(uint32_t run);

/* How a guard is put on. `on` returns 0, or a negative number and has said why; without `tries` everything is tried. */
struct attempts_guard {
        const void *of;
        int (*on)(const void *of);
        bool (*tries)(const void *of, const struct technique *t);
};

/* Run number `run`, under a guard or (NULL) under none. 0, or -1 and has said why. */
int attempts_run(struct ground *g, uint32_t run, const struct attempts_guard *guard, struct attempted *ret);

#endif
