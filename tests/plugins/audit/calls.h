/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_AUDIT_CALLS_H
#define TEST_AUDIT_CALLS_H

/* Processes in a cgroup that make known system calls and measure them themselves. */

#include <stdbool.h>
#include <stdint.h>

#include "load.h"

#define CALLS_SAMPLES 4096

/* What a process of ours tells, in memory that it shares with us. */
struct calls_log {
        uint32_t n;
        uint64_t ns[CALLS_SAMPLES];
        int32_t error; /* errno of what should have worked */
        uint32_t ready, go;
};

/* Shared memory for a log. */
struct calls_log *calls_log_new(void);

/* ns, CLOCK_MONOTONIC */
uint64_t calls_now(void);

/* Runs work() in the cgroup and waits for its end. Aborts if the process failed. */
void calls_run(struct load *l, void (*work)(uint32_t argument), uint32_t argument);

#endif
