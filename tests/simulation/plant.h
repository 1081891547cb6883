/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PLANT_H
#define TRIMTAB_PLANT_H

#include "machine.h"
#include "sense/histogram.h"

/*
 * What runs on the machine: plants that turn a load and the knobs of their cgroup into measurements, each second of made-up
 * time. A rule or a goal that is any good holds them where it should; one that flaps is seen to.
 */

enum plant_kind {
        PLANT_OPEN,  /* what it shows is its load, whatever the knobs say */
        PLANT_LAG,   /* follows load and share with a first-order lag of `lag_s` */
        PLANT_QUEUE, /* waits grow as 1 / (1 - utilisation): a larger share makes them shorter */
};

enum load_kind {
        LOAD_CONSTANT,
        LOAD_STEP,      /* on and off, each for half of the period */
        LOAD_RAMP,      /* up and down in a straight line */
        LOAD_OSCILLATE, /* a sine */
};

struct load {
        enum load_kind kind;
        double level; /* at its height: 1 is a whole machine for a plant with a fair share */
        double noise; /* added and taken off at most, as a part of it */
        double period_s;
        double floor; /* the part of the level below which it does not fall */
};

struct plant {
        unsigned place;
        enum plant_kind kind;
        struct load load;
        double lag_s;
        unsigned loses;       /* one run of samples in so many seconds goes missing; 0: none */
        uint64_t lost_until_ns;
        double shown;         /* state of the lag, 0..1 */
        double runtime_ns;
        uint64_t slots[TRIMTAB_HIST_SLOTS];
};

/* At so many seconds. */
double load_at(const struct load *l, struct chance *c, double t_s);

/* Any plant, by chance. */
struct plant plant_random(struct chance *c, unsigned place);

/* What it shows for the `seconds` since the last time. quiet: nobody asks anything of it. */
void plant_run(struct plant *p, struct machine *m, double seconds, bool quiet);

#endif
