/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RESPONSE_H
#define TRIMTAB_RESPONSE_H

#include "plant.h"

/*
 * A plant for goals: what it suffers is its load times what each lever makes of it, seen through a lag, a
 * dead time and noise. It shows as toy.pressure of its place, RESPONSE_BOUND at a load of 1; as toy.memory
 * what it uses.
 */

#define RESPONSE_BOUND 20.0 /* % */

enum effect_kind {
        EFFECT_HELPS,
        EFFECT_SATURATES, /* no further than `reach` */
        EFFECT_HARMS,
        EFFECT_NONE,
        EFFECT_MEMORY, /* a limit below the working set, `reach` bytes, makes it fetch again what it needs */
};

/* What a knob does to it. For one of another place less is more. */
struct effect {
        uint32_t knob;
        unsigned place;
        enum effect_kind kind;
        double power; /* the load falls as the knob's ratio to its original, to this power */
        double reach; /* as a ratio, or bytes */
};

enum { EFFECTS_MAX = 3, DEAD_MAX_S = 64 };

struct response {
        unsigned place;
        struct load load;
        struct effect effects[EFFECTS_MAX];
        size_t n_effects;
        double full; /* its load shows no higher: a queue that is full looks the same however much comes; 0:
                        it does */
        double lag_s;
        unsigned dead_s; /* below DEAD_MAX_S */
        double noise;    /* of what is measured: standard deviation, as a part of it */
        unsigned loses;  /* one run of samples in so many seconds goes missing; 0: none */

        double past[DEAD_MAX_S], truth;           /* truth: the load without noise; 1 at the bound */
        uint64_t seconds, lost_until_ns, seen_ns; /* seen: the last sample */
};

/* One second. quiet: the load is gone. */
void response_run(struct response *p, struct machine *m, bool quiet);

#endif
