/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_READING_H
#define TRIMTAB_RECORD_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "record/numbers.h"

/* One measurement of a metric on an object, at the time of its frame. */
struct reading {
        uint32_t metric; /* the recording daemon's number */
        uint64_t object; /* key, in the metric's scope */
        bool histogram;
        /* Gauge, counter: as it came, finite. Histogram: the running sum as it came, NAN when it is not
         * known. */
        double value;
        /* Histogram: what came since the reading before of this series, the first one has none. Somebody
         * else's. */
        const struct slot_count *slots;
        size_t n_slots;
};

/* Kinds of record beside those of items (record/item.h), from 16 on: of blocks, and of the daemon's stream. */
enum {
        RECORD_AXIS = 16,
        RECORD_COLUMN = 17,
        RECORD_START = 32,
        RECORD_FRAME = 33,
        RECORD_NUMBERS = 34,
        RECORD_HISTOGRAMS = 35,
};

#endif
