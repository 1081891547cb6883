/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BRAKES_H
#define TRIMTAB_BRAKES_H

#include "daemon/fuse.h"
#include "sense/objects.h"
#include "serve/views.h"

/*
 * The operator's brakes: whether the daemon may change anything now. While it is paused no knob moves, but
 * those that a person has just asked to be put back; stopping still puts all back. A pause is on file
 * (RUNTIME-DIR/paused): it outlives the daemon, and who finds half a file finds a pause.
 */
struct brakes {
        struct fuse fuse;
        struct pause pause;
        char *path;
        struct let_through *through; /* those who may move all the same */
        size_t n_through;
};

/* Finds a pause of an earlier run. -ENOMEM. */
int brakes_init(struct brakes *b, const char *runtime_dir, unsigned writes_per_minute);
void brakes_clear(struct brakes *b);

/* From now (CLOCK_REALTIME) on; for_usec 0: until resumed. A fuse that has blown makes no pause shorter. < 0:
 * in force, but it will not outlive this daemon. */
int brakes_pause(struct brakes *b, uint64_t now_usec, uint64_t for_usec, bool by_fuse);
/* < 0: as brakes_pause, the next daemon would find itself paused. */
int brakes_resume(struct brakes *b);
/* The time of a pause is over: it ends. True: just now. */
bool brakes_expire(struct brakes *b, uint64_t now_usec);

/* A person wants this one put back, paused or not; until it is done. -ENOMEM. */
int brakes_let_through(struct brakes *b, uint32_t knob, struct oid object);
void brakes_let_done(struct brakes *b, uint32_t knob, struct oid object);
/* Whether this knob must stay as it is. */
bool brakes_hold(const struct brakes *b, uint32_t knob, struct oid object);

#endif
