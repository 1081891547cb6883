/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_STATE_H
#define BLOCK_STATE_H

/* The plugin while it is open. */

#include <stdbool.h>

#include "disks.h"
#include "groups.h"
#include "metrics.h"
#include "programs.h"
#include "view.h"

struct block {
        const struct trimtab_host *host;
        struct block_sizes sizes;
        struct programs programs;
        struct block_view view;
        struct block_groups groups;
        struct block_disks disks;
        uint32_t available;          /* bit n: metric number n can be had */
        struct block_missing missed; /* as of the last collect() */
        uint32_t own_times;          /* programs (bits) that take times of our own, as the kernel keeps none */
        uint32_t n_off;              /* watched cgroups without the io controller, as told */
};

#endif
