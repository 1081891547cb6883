/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SIMULATION_H
#define TRIMTAB_SIMULATION_H

#include "invariants.h"
#include "plant.h"
#include "response.h"

/* A run: a machine, what runs on it, what goes wrong, and what is watched. */

enum { PLANTS_MAX = N_PLACES, RESPONSES_MAX = 2 };

struct run {
        struct machine machine;
        struct invariants invariants;
        struct plant plants[PLANTS_MAX];
        size_t n_plants;
        struct response responses[RESPONSES_MAX]; /* with them a tick is a second */
        size_t n_responses;
        unsigned tick_s;
        /* Once in so many ticks, 0: never. An object that goes stays away for some ticks. */
        unsigned meddles, vanishes;
        bool quiet; /* nothing asks for anything any more */
};

/* what: names the run; text: its rules. Both have to last. */
void run_init(struct run *r, struct chance *chance, const char *what, const char *text);
void run_clear(struct run *r);

/* One tick of made-up time, with all invariants. */
void run_tick(struct run *r);
void run_for(struct run *r, uint64_t seconds);

/* The load ends; so long that whatever rests, eases or is in doubt has come to its end. Then all must be as it was. */
void run_to_rest(struct run *r);

#endif
