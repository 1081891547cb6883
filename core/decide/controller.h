/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CONTROLLER_H
#define TRIMTAB_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The law by which a goal is kept. It sees one number, the load, and says which lever to move: nothing of
 * knobs or objects, which lever.h moves.
 *
 * The load is 1 at the bound of the goal, more when the goal is violated, 0.75 where it is met with margin.
 * Levers are tried in their order; far beyond the bound several steps are one. A step that does not take the
 * load down by 5 % did not help; after two of them the lever goes back to where it last helped and the next
 * one is tried. With no lever left everything goes back: stuck; the next attempt gives each step twice as
 * long, should the effect come late, and makes them larger, should there have been no answer at all. Met with
 * margin, a part of what was taken is given back at a time: half of it where the load is low, else about a
 * step. Where that breaks the goal, the last good value returns, and the next attempt waits, longer each
 * time, and gives back less. A lever that takes is the other way round.
 *
 *     idle <-> acting -> stuck -> acting
 *               |  ^
 *               v  |
 *              holding <-> easing -> idle
 */

/* A step that takes the load down by less is as good as none: a percentile of some hundred samples moves as
 * much by itself. */
#define CONTROLLER_HELPS 0.95
/* Met with margin: the goal bears that something is given back. */
#define CONTROLLER_MARGIN 0.75

enum controller_phase {
        CONTROLLER_IDLE,    /* met, nothing is held */
        CONTROLLER_ACTING,  /* violated: a step was made, or is about to be */
        CONTROLLER_HOLDING, /* met by what is held */
        CONTROLLER_EASING,  /* gave some of it back, and looks whether the goal bears it */
        CONTROLLER_STUCK,   /* could not be met: everything is back, rests */
};

/* What to do with a lever. */
enum controller_verb {
        CONTROLLER_NOTHING,
        CONTROLLER_STEP,    /* one step on, for the goal's sake; one that takes: a step back */
        CONTROLLER_MARK,    /* where it is now helps: what CONTROLLER_BACK goes back to */
        CONTROLLER_BACK,    /* to the last mark, else to the original */
        CONTROLLER_EASE,    /* mark, then a part of the way back; one that takes: a step on */
        CONTROLLER_RELEASE, /* all levers: to their originals */
};

struct controller_order {
        enum controller_verb verb;
        size_t lever;
        unsigned steps; /* CONTROLLER_STEP: so many at once, 1 to 8 */
        double part;    /* CONTROLLER_EASE: of the way that is left, 1/8 to 1/2 */
};

struct controller_config {
        uint64_t settle_ns;     /* how long a step takes to show */
        uint64_t ease_after_ns; /* how long the goal is met with margin before something is given back */
        size_t n_levers;
};

/* What the controller knows of a lever. */
struct controller_lever {
        uint64_t useless_until_ns; /* it did not help: not tried before */
        uint64_t useless_ns;       /* the last such rest */
        bool held;                 /* moved, and not back: told by who moves it */
        bool takes; /* from the goal's own object: moved on while the goal is met, back when not */
};

struct controller {
        enum controller_phase phase;
        uint64_t since_ns; /* in this phase */
        uint64_t wait_until_ns;
        bool sees; /* the load was known at the last look */

        size_t lever;        /* the one at hand */
        bool stepped;        /* its last step is to be judged */
        unsigned misses;     /* steps in a row that did not help */
        bool helps;          /* the last one judged did */
        bool has_helped;     /* some step of it did, in this attempt */
        double before, best; /* the load before that step, and the lowest that this lever has brought */

        uint64_t margin_since_ns;   /* met with margin since; 0: not */
        uint64_t low_since_ns;      /* and so low since that care and rest do not count */
        size_t eased;               /* which lever was eased last … */
        uint64_t eased_at_ns;       /* … when … */
        double eased_load;          /* … at what load … */
        bool eased_takes;           /* … whether that lever takes … */
        bool eased_low;             /* … and whether that had been so low for a while */
        bool easing;                /* and that is to be judged */
        uint64_t violated_since_ns; /* 0: it is not … */
        uint64_t violated_at_ns;    /* … and the last time */
        uint64_t ease_rest_ns, ease_rest_until_ns;
        uint64_t relented_at_ns; /* since then nothing was missed: the rest becomes shorter */
        double broke_load;       /* the load at which what was not borne was eased */
        unsigned care;           /* near the bound an ease goes a part of the way, halved so often */

        uint64_t stuck_rest_ns;
        unsigned patience; /* steps get 2^patience times as long to show */
        bool answered;     /* some step of this attempt did something, for better or worse */
        bool leaps;        /* none of the last attempt did: steps are large, until one helps */
        uint64_t n_steps;  /* since start, to be shown */
};

/*
 * One look. load: NAN when it is not known: then nothing is done. Asks for one thing at a time: call it again
 * with the same time, after controller_done, until it says CONTROLLER_NOTHING.
 */
struct controller_order controller_look(struct controller *c, const struct controller_config *config,
                                        struct controller_lever *levers, uint64_t now_ns, double load);

/* What became of an order: whether anything moved. levers[].held must be up to date. */
void controller_done(struct controller *c, const struct controller_config *config,
                     struct controller_lever *levers, const struct controller_order *order, uint64_t now_ns,
                     double load, bool moved);

/* Which lever would be eased next: of those held the last one; with none held, one that takes. False: none.
 */
bool controller_easable(const struct controller_config *config, const struct controller_lever *levers,
                        size_t *ret);

/* When that lever will be eased if it goes on as it does; UINT64_MAX: it is not met with margin. */
uint64_t controller_ease_at_ns(const struct controller *c, const struct controller_config *config,
                               const struct controller_lever *lever);

const char *controller_phase_name(enum controller_phase p);

#endif
