/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TEST_BLOCK_REFERENCE_H
#define TEST_BLOCK_REFERENCE_H

#include <trimtab/bpf/histogram.h>

struct reference_latency {
        trimtab_u64 slots[TRIMTAB_HIST_SLOTS], sum;
};

/* What the reference programs have seen of the one disk: from when the request was issued, inserted (if it was), and made. */
struct reference {
        struct reference_latency device, queued, whole;
};

#endif
