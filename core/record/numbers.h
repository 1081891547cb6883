/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_NUMBERS_H
#define TRIMTAB_RECORD_NUMBERS_H

#include <stddef.h>

#include "record/bytes.h"
#include "sense/histogram.h"

/*
 * A column: the numbers of one series over a block. Most are whole (bytes, ns, counts), move by little, and
 * by multiples of something (pages; µs kept in ns): those are stored as differences divided by their common
 * factor. Shares of the time since the reading before, in %, come from a count of µs: that is stored. The
 * others as what changed of their bits. All come back bit by bit.
 */

/* steps_ns[i]: the time from value i - 1 to value i; the first is not used. */
void numbers_write(struct bytes *b, const double *values, const uint64_t *steps_ns, size_t n);

/* About how many bytes a value will take in its column, behind the one before. */
unsigned numbers_cost(double value, double before);

/* A column being read. */
struct numbers {
        struct scan scan;
        uint64_t form;
        uint64_t number; /* the last value, as an integer or as bits; of a share only the first */
        uint64_t factor;
        bool begun;
};

/* From where scan is to its end. -EBADMSG */
int numbers_begin(struct numbers *c, struct scan scan);
/* The next one, so long after the one before. Past the end anything, and c->scan.bad. */
double numbers_next(struct numbers *c, uint64_t step_ns);

/* What fell into a slot of a histogram. */
struct slot_count {
        uint32_t slot;
        uint64_t count;
};

/* In ascending order of slots, none of them twice: as runs of neighbours. */
void slots_write(struct bytes *b, const struct slot_count *slots, size_t n);
/* ret has room for TRIMTAB_HIST_SLOTS. How many; -EBADMSG. */
int slots_read(struct scan *s, struct slot_count *ret);

#endif
