/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_TOPOLOGY_H
#define IRQ_TOPOLOGY_H

/* The machine as /sys tells it: which CPUs are there, which of them may take interrupts, what they share. */

#include "place.h"

struct topology {
        struct place_cpu *cpus; /* busy and waiting are whoever measures' */
        uint32_t n_cpus, n_usable;
        char online[4096]; /* as it was read */
};

/* Reads the tree below root ("" for the machine itself; n_cpus are possible) into *t, which must be zero. Negative errno. */
int topology_read(struct topology *t, const char *root, uint32_t n_cpus);

/*
 * Looks which CPUs are online, and neither isolated nor nohz_full, which changes; if others than before are online, at all the rest too. Negative errno: the
 * picture is as it was.
 */
int topology_refresh(struct topology *t, const char *root);
void topology_done(struct topology *t);

#endif
