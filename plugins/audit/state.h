/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_STATE_H
#define AUDIT_STATE_H

/* The plugin while it is open. */

#include "details.h"
#include "groups.h"
#include "inodes.h"
#include "metrics.h"
#include "sections.h"

/* A cgroup that there is, by its id: [watch NAME] for = is by name. */
struct audit_cgroup {
        uint64_t id;
        char *name;
        UT_hash_handle hh;
};

/* The plugin's self. */
struct audit {
        const struct trimtab_host *host;
        struct audit_sizes sizes;
        struct programs programs;
        struct audit_view view;
        struct audit_groups groups;
        struct audit_watches watches;
        struct audit_inodes inodes;
        struct audit_details details;
        struct audit_cgroup *cgroups; /* uthash; owned */
        uint32_t available;           /* bit n: metric number n can be had */
        uint32_t host_metrics;        /* bits of those of scope host that are wanted */
        uint32_t details_per_second;
};

#endif
