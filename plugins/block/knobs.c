/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knobs.h"

#include <stddef.h>

/* Each is a file of the disk's queue. A write waits until nothing is under way on the disk, however long the disk takes. */
#define QUEUE(file_name, knob_unit, text)                                                                    \
        .name = "block." file_name, .unit = knob_unit, .help = text, .scope = "block",                       \
        .file = "{path}/queue/" file_name, .flags = TRIMTAB_KNOB_SLOW

static const char *const schedulers[] = { "none", "mq-deadline", "kyber", "bfq", NULL };

const struct trimtab_knob block_knobs[N_KNOBS] = {
        {
                QUEUE("scheduler", "", "In what order requests go to the device, of those that the kernel has"),
                .type = TRIMTAB_CHOICE,
                .choices = schedulers,
        },
        {
                QUEUE("nr_requests", "", "Requests that may wait in the queue, per hardware queue"),
                .type = TRIMTAB_NUMBER,
                .min = 4, /* the kernel makes it so */
                .max = 10000,
        },
        {
                QUEUE("read_ahead_kb", "", "KiB that are read ahead of a sequential reader"),
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 1048576,
        },
        {
                QUEUE("wbt_lat_usec", "us",
                      "Latency of reads above which write-back is slowed down; 0: write-back is never slowed down"),
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 10000000,
        },
        {
                QUEUE("max_sectors_kb", "", "KiB of a request at most, within what the device takes"),
                .type = TRIMTAB_NUMBER,
                .min = 4,
                .max = 1048576,
        },
        {
                QUEUE("rq_affinity", "",
                      "Where requests complete: 0 on the CPU of the interrupt, 1 near that which asked, 2 on that which asked"),
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 2,
        },
};
