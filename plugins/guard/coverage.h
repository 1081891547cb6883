/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_COVERAGE_H
#define GUARD_COVERAGE_H

/* What is covered by what has been seen to have an effect, and what is not. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "guard.h"

/* A way to get something out, and whether it is looked at. */
struct coverage_row {
        const char *technique;
        const char *by;   /* "lsm", "cgroup", "both"; NULL: it gets through */
        const char *note; /* what is to be known of it; NULL: nothing */
};

#define COVERAGE_ROWS_MAX 32

/* probed: as probe_run() gives it. Returns how many rows there are. */
size_t coverage_rows(const uint32_t probed[_GUARD_BACKEND_MAX], struct coverage_row ret[COVERAGE_ROWS_MAX]);

/* Does the backend refuse what it is there for: connections and datagrams of both families, and raw sockets? */
bool coverage_is_whole(const uint32_t probed[_GUARD_BACKEND_MAX], enum guard_backend backend);

#endif
