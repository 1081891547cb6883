/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TEST_MEM_REFERENCE_H
#define TEST_MEM_REFERENCE_H

#include <trimtab/bpf/histogram.h>

enum { REF_DIRECT, REF_MEMCG, REF_COMPACTION, REF_KINDS };

/* What the reference saw, of one cgroup and of all. */
struct reference {
        trimtab_u64 pages, failed;
        trimtab_u64 n[REF_KINDS], ns[REF_KINDS], all[REF_KINDS];
};

#endif
