/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_SLOT_TOTALS_H
#define TRIMTAB_RECORD_SLOT_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "sense/catalogue.h"
#include "sense/histogram.h"

/* The running slot counts of each histogram: daemons measure totals, recordings have what came. */
struct slot_totals;

int slot_totals_new(struct slot_totals **ret);
struct slot_totals *slot_totals_free(struct slot_totals *t);

/* TRIMTAB_HIST_SLOTS of them, to be kept up by the caller; all 0 at first, and *ret_new (may be NULL) true.
 * NULL: no memory. */
uint64_t *slot_totals_of(struct slot_totals *t, uint32_t metric, uint64_t object, bool *ret_new);

/* The object is gone, with all its histograms. */
void slot_totals_forget(struct slot_totals *t, const struct catalogue *catalogue, struct oid object);

#endif
