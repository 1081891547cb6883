/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knobs.h"

#include <stddef.h>

#define SYSCTL(word, text, least, most)                                                                      \
        {                                                                                                    \
                .name = "vm." word, .unit = "", .help = text, .scope = "host", .file = "/proc/sys/vm/" word, \
                .type = TRIMTAB_NUMBER, .min = least, .max = most,                                           \
        }

/* Of a large page that a program's own page fault wants. */
static const char *const defrag[] = { "always", "defer", "defer+madvise", "madvise", "never", NULL };

/*
 * Not dirty_background_bytes and its like: of two files each, where a write of one makes nought of the other, and nought cannot be
 * written: what was there before could not be put back by one file.
 */
const struct trimtab_knob mem_knobs[MEM_N_KNOBS] = {
        SYSCTL("swappiness", "How much rather anonymous memory is swapped out than page cache dropped; 100: as soon as that", 0,
               200),
        SYSCTL("watermark_scale_factor",
               "How much is kept free by kswapd, in 0.01 % of the machine's memory: more of it, and fewer have to reclaim themselves",
               1, 1000),
        SYSCTL("compaction_proactiveness", "How hard kcompactd works for large blocks that nobody waits for; 0: not at all", 0, 100),
        {
                .name = "thp.defrag",
                .unit = "",
                .help = "Who reclaims and compacts for a huge page: the fault that wants it (always), who asked by madvise(), or kcompactd (defer)",
                .scope = "host",
                .file = "/sys/kernel/mm/transparent_hugepage/defrag",
                .type = TRIMTAB_CHOICE,
                .choices = defrag,
        },
};
