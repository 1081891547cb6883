/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_REPLAY_H
#define TRIMTAB_RECORD_REPLAY_H

#include "config/diag.h"
#include "config/ini.h"
#include "decide/engine.h"
#include "record/recording.h"

/*
 * Rules run over a recording: its measurements go through the same store and the same engine as in the
 * daemon, at the times at which they were made. Knobs are imagined: they begin as they were recorded and
 * take at once whatever is decided. The loop is open: what was measured does not become another for it.
 */
struct replay;

struct replay_events {
        /* The rules decided this; from and to: how the knob stood and stands now, NULL when the recording does not say. All is
         * valid during the call. */
        void (*decided)(void *userdata, uint64_t time_ns, const struct decision *d, const struct trimtab_value *from,
                        const struct trimtab_value *to);
        /* The daemon really decided that (ITEM_DECISION), or saw what became of it (ITEM_OUTCOME). Its knob and object have the
         * numbers of the replay's catalogue and registry. */
        void (*recorded)(void *userdata, uint64_t time_ns, const struct item *item);
        void *userdata;
};

/* reader and rules stay the caller's and there. What is wrong with the rules is in diag, and they are left
 * out. */
int replay_new(struct recording_reader *reader, const struct ini *rules, const struct replay_events *events,
               struct diag *diag, struct replay **ret);
struct replay *replay_free(struct replay *p);

/* The frame that comes next. 1; 0: there is none; -errno. */
int replay_next(struct replay *p, struct frame *ret);
/* Runs it: a tick. */
int replay_tick(struct replay *p);

/* As the recording tells them so far. */
const struct catalogue *replay_catalogue(const struct replay *p);
const struct objects *replay_objects(const struct replay *p);
const struct engine *replay_engine(const struct replay *p);

/* Items and readings that could not be used: of objects or metrics that were told in a block that is lost. */
uint64_t replay_unused(const struct replay *p);
uint64_t replay_n_readings(const struct replay *p); /* those that could */

#endif
