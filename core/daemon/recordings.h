/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_RECORDINGS_H
#define TRIMTAB_DAEMON_RECORDINGS_H

#include "act/actor.h"
#include "daemon/look.h"
#include "decide/engine.h"
#include "record/facts.h"

/*
 * Recordings that clients make: each a pipe, into which every tick writes what it saw and decided. The loop
 * waits for no reader: while one does not keep up, the readings of whole ticks are left out, and it is told
 * how many.
 */
struct recordings;

/* store: every sample in it is recorded. Outlives them. */
int recordings_new(sd_event *event, struct store *store, struct recordings **ret);
struct recordings *recordings_free(struct recordings *r);

/*
 * Begins one with the next tick: an fd, the pipe's other end, the caller's. What the globs name is measured
 * for as long as it lasts, as by look_add; an empty metric glob names nothing. -EBUSY: too many at a time.
 */
int recordings_add(struct recordings *r, const struct recording_facts *facts, const char *metric_glob,
                   const char *object_glob);

/* Around what a tick does. Nothing when there are none. */
void recordings_begin(struct recordings *r, struct look *look, uint64_t now_ns);
void recordings_decision(struct recordings *r, const struct view *view, const struct decision *decision);
void recordings_end(struct recordings *r, const struct view *view);

/* At any time. */
void recordings_report(struct recordings *r, const struct report *report);

#endif
