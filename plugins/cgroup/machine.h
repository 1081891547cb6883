/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_MACHINE_H
#define TRIMTAB_CGROUP_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "metrics.h"

/* What of the plugin this machine can do. */
struct machine {
        char root[PATH_MAX];   /* folder of the cgroup v2 root */
        char controllers[256]; /* of the cgroup v2 root, as the kernel lists them */
        char mounts[8192];     /* /proc/self/mounts, as far as it went */
        bool has_pressure;
        bool has_cpu_full;
        bool weighs_io; /* some disk heeds io.weight */
};

/* root: the folder of the v2 root cgroup; proc and sys: "/proc" and "/sys". What cannot be read is not there. */
void machine_look(const char *root, const char *proc, const char *sys, struct machine *ret);

/* Whether the metric, or the controller, cannot be had here, and why, in words for people. */
bool machine_lacks_metric(const struct machine *m, enum metric metric, char *reason, size_t size);
bool machine_lacks_controller(const struct machine *m, const char *controller, char *reason, size_t size);

/*
 * Whether the kernel has no such file, in a cgroup or (for the root's own) in the root. Only where that can be told: some cgroup
 * must have the controller on, which is seen by `sign`, a file that comes with it always.
 */
bool machine_lacks_file(const struct machine *m, const char *file, const char *sign);
bool machine_lacks_root_file(const struct machine *m, const char *file);

#endif
