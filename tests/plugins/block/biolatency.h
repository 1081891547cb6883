/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_BLOCK_BIOLATENCY_H
#define TEST_BLOCK_BIOLATENCY_H

/* biolatency of libbpf-tools, beside what is tested. */

#include <stdint.h>
#include <sys/types.h>

struct biolatency {
        pid_t pid;
        int out; /* what it prints */
        uint64_t slots[64]; /* by log2 of usec */
};

/* Of one disk, from when a request is given to the device. -ENOENT: it is not installed; -ETIMEDOUT: it does not begin. */
int biolatency_start(struct biolatency *b, const char *disk);
/* Ends it, and reads its histogram. Negative errno. */
int biolatency_stop(struct biolatency *b);

#endif
