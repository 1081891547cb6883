/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_RECORDER_H
#define TRIMTAB_RECORD_RECORDER_H

#include "decide/engine.h"
#include "record/facts.h"
#include "record/wire.h"

/*
 * What the daemon tells of itself to one recording: from tick to tick what is new, what was measured,
 * decided and done, as messages of record/wire.h. Pure memory: where they go, and that it does not wait for
 * anybody, is the daemon's affair.
 */
struct recorder;

/* The first message is appended to *out. */
int recorder_new(const struct recording_facts *facts, struct bytes *out, struct recorder **ret);
struct recorder *recorder_free(struct recorder *r);

/* A tick begins. take false: nobody has room for its readings, they are passed over and counted as a lost
 * frame. */
void recorder_begin(struct recorder *r, bool take);

/* As the store gets them. The metric is the view's catalogue's. */
void recorder_value(struct recorder *r, uint32_t metric, uint64_t object, double value);
void recorder_histogram(struct recorder *r, uint32_t metric, uint64_t object, const uint64_t *slots, uint32_t n_slots,
                        double sum);

/* Before it is acted on: how the knob stands without it is told, too, if it was not yet. */
void recorder_decision(struct recorder *r, const struct view *view, const struct decision *d);

/* What became of a decision (ITEM_OUTCOME). changed: somebody else has a hand in this, how the object's
 * knobs stand is to be told anew. */
void recorder_outcome(struct recorder *r, const struct item *outcome, bool changed);

/*
 * The tick is over. With take all since the last message is appended to *out, else it waits. -ENOBUFS: too
 * much waits, give the recording up; -ENOMEM: likewise.
 */
int recorder_end(struct recorder *r, const struct view *view, struct bytes *out);

#endif
