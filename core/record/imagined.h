/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_IMAGINED_H
#define TRIMTAB_RECORD_IMAGINED_H

#include "sense/catalogue.h"
#include "sense/objects.h"

/* Knobs that nobody turns: how each stands by itself, and how it would stand by what was decided. */
struct imagined;

int imagined_new(struct imagined **ret);
struct imagined *imagined_free(struct imagined *i);

/* How the knob stands by itself; error < 0: it cannot be read. While it is held this is what it goes back
 * to. */
int imagined_base(struct imagined *i, uint32_t knob, struct oid object, int error, const struct trimtab_value *value);
/* A decision holds it at that value; NULL: it goes back. Fails as the reading of it did, where that was
 * recorded. */
int imagined_hold(struct imagined *i, uint32_t knob, struct oid object, const struct trimtab_value *value);
/* The object is gone, and its knobs (numbers below n_knobs) with it. */
void imagined_forget(struct imagined *i, uint32_t n_knobs, struct oid object);

/* As struct view has them. -EAGAIN: nothing is known (yet). */
int imagined_current(const struct imagined *i, uint32_t knob, struct oid object, struct trimtab_value *ret);
int imagined_original(const struct imagined *i, uint32_t knob, struct oid object, struct trimtab_value *ret);

#endif
