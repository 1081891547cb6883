/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CLOCK_H
#define TRIMTAB_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define USEC_PER_SEC  1000000ull

static inline uint64_t clock_now_ns(clockid_t id)
{
        struct timespec ts;

        (void) clock_gettime(id, &ts);
        return (uint64_t) ts.tv_sec * NSEC_PER_SEC + (uint64_t) ts.tv_nsec;
}

static inline uint64_t monotonic_ns(void)
{
        return clock_now_ns(CLOCK_MONOTONIC);
}

static inline uint64_t realtime_usec(void)
{
        return clock_now_ns(CLOCK_REALTIME) / NSEC_PER_USEC;
}

#endif
