/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_GROUND_H
#define TEST_GUARD_GROUND_H

/*
 * Where the tests' processes live: cgroups below one of our own, and a network namespace that leads nowhere: what is let through fails for want
 * of a route, and what is refused fails with EPERM.
 */

#include <stdbool.h>
#include <stdint.h>

#include "testhost.h"

struct ground {
        char root[256];     /* of the unified hierarchy */
        char cgroup[320];   /* ours: trimtab-guard-PID.slice */
        char pins[128];
};

/* By what all these tests are given, PLUGIN.so [cgroup|lsm [TEST]]. Returns 0, or the status to exit with: why was said. */
int ground_begin(struct ground *g, int argc, char **argv, const char **ret_plugin, bool *ret_lsm);
void ground_remove(struct ground *g);

/* A cgroup below ours: "a.service", "a.service/sub". Returns its id. */
uint64_t ground_add(struct ground *g, const char *name);
void ground_drop(struct ground *g, const char *name);
/* Its name from the root of the hierarchy, as the host has it. */
const char *ground_name(const struct ground *g, const char *name);

/* What a process there does: returns its exit status. It has a network namespace of its own, where only loopback is up. */
int ground_run(const struct ground *g, const char *name, int (*work)(const void *userdata), const void *userdata);

/* An attempt, as work: userdata is one of these. The status is the error, 0: none. */
struct attempt {
        int family, type, protocol;
        const char *address;
        uint16_t port;
        bool send; /* not connected: sendto() */
        bool listen;
        uint32_t uid; /* 0: ours */
};
int attempt(const void *userdata);
int ground_attempt(const struct ground *g, const char *name, const struct attempt *a);

struct testhost *ground_open(struct ground *g, const char *plugin, bool lsm);

#endif
