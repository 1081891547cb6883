/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WHEN_H
#define TRIMTAB_WHEN_H

#include <stdint.h>

/* Times as people type them. -EINVAL: none. */

/* "90s", "10m", "10min", "2h", "1d", into microseconds; more than none. */
int span_parse(const char *text, uint64_t *ret_usec);

/* "10m" (that long ago), "14:03", "14:03:12" (today), "2026-01-02", "2026-01-02 14:03[:12]", "@SECONDS";
 * CLOCK_REALTIME. */
int moment_parse(const char *text, uint64_t now_usec, uint64_t *ret_usec);

#endif
