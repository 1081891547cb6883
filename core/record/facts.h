/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_FACTS_H
#define TRIMTAB_RECORD_FACTS_H

#include <stddef.h>
#include <stdint.h>

enum { FACTS_PROTECT_MAX = 256 };

/* Where and how a recording was made. Strings are somebody else's. */
struct recording_facts {
        const char *version;       /* of the daemon */
        const char *mode;          /* its mode at the start: "enforce" */
        const char *kernel;        /* release; "" when not known */
        const char *boot_id;       /* likewise */
        uint64_t realtime_usec;    /* the start, since 1970 … */
        uint64_t monotonic_ns;     /* … and in the time of the frames, CLOCK_MONOTONIC */
        uint64_t tick_ns;          /* how often frames were meant to come */
        const char *protect[FACTS_PROTECT_MAX + 1]; /* globs of cgroups that no rule changes, NULL-terminated */
};

#endif
