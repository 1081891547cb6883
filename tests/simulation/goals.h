/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SIMULATED_GOALS_H
#define TRIMTAB_SIMULATED_GOALS_H

#include "driver.h"

/*
 * Goals on plants written for them, and what became of it; beside others who turn the same levers on the same
 * plants. For the tests, which know what has to come out, and for the benchmark, which prints it.
 */

#define SETTLE_S 6
#define WORKING_SET_BYTES (400 * 0x1p20)

enum lever_name { LEVER_NONE, LEVER_OWN, LEVER_B, LEVER_C, LEVER_MEMORY };
enum { LEVERS_MAX = 2, GOALS_MAX = 2 };

enum misfortune {
        MISFORTUNE_NONE,
        MISFORTUNE_GOES,    /* the object goes after an hour and comes back a minute later, as another one */
        MISFORTUNE_FOREIGN, /* somebody else turns the first lever after an hour */
};

struct goal_scenario {
        const char *name;
        enum lever_name levers[GOALS_MAX][LEVERS_MAX]; /* of each plant's goal */
        struct response plants[GOALS_MAX];             /* the first at PLACE_A, the second at PLACE_B */
        size_t n;
        struct toy_knob knobs; /* how they behave: unit, refuses, slow_ns */
        enum misfortune misfortune;

        /* What must come out: */
        unsigned reached_in; /* settle times until the first plant's load is at its bound; 0: it cannot be */
        unsigned back_in_s;  /* so long after the load everything is as it was; 0: BACK_IN_S */
        unsigned unsettled;  /* so many reversals at most in the first hour, and in that of a misfortune; 0:
                                UNSETTLED_REVERSALS */
};

/* Load, lag and powers are spread around these, by seed. */
extern const struct goal_scenario goal_scenarios[];
extern const size_t n_goal_scenarios;

enum { GOAL_HOURS = 3 };

/* What is no longer needed is back after that. */
#define BACK_IN_S 1200

/* Where nothing helps, something is changed for so much of the time at most: for attempts, of which there is
 * one an hour. */
#define CHANGED_IN_VAIN 0.08

/* In a first hour there are four attempts: rests double, from five minutes on. */
#define UNSETTLED_REVERSALS 8

/* In steady state no scenario turns its levers back more often in an hour: two attempts to give back that are
 * not borne, or a load that comes and goes twice and is followed. */
#define STEADY_REVERSALS 4

/* Who turns the levers. */
enum tuner { TUNER_GOAL, TUNER_RULES, TUNER_AIMD, TUNER_FIXED, N_TUNERS };

/* violated: above the bound by 5 %; changed: some knob not as it was. Both as a part of the time after the
 * first hour. */
struct goal_outcome {
        bool reached;
        double reached_s; /* from when on the truth was at the bound for a settle time; NAN: never */
        double violated, changed;
        unsigned reversals[GOAL_HOURS]; /* in each hour, of all knobs together */
        double memory;                  /* memory.high of the first plant at the end, bytes */
        bool stuck;                     /* rested because nothing helped, at least once */
        double back_s;                  /* the load is gone: after so long everything was as before … */
        bool left;                      /* … or it never was */
};

const char *tuner_name(enum tuner t);

/*
 * GOAL_HOURS under load, then until all is at rest. With TUNER_GOAL all invariants are looked at, and also:
 * nothing moves blind, and what rests has given everything back. A breach ends the program.
 */
void goal_simulate(const struct goal_scenario *s, enum tuner tuner, unsigned seed, struct goal_outcome *ret);

#endif
