/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INVARIANTS_H
#define TRIMTAB_INVARIANTS_H

#include "machine.h"

/*
 * What must be so in every tick, whatever the rules, the load and the knobs are. It is worked out from what goes in and what
 * comes out: the conditions are looked at by themselves, and the state that the engine keeps is not trusted.
 *
 *   - a value lies inside `within` and the knob's own range; while easing, between there and the original
 *   - a knob has at most one owner, the one that the ranking says, and holds what that one wants; nobody's is put back
 *   - one word on a knob in a tick, none on one that is busy or gone
 *   - no first action before `when` was true for `hold`, none while the guard is false or rests
 *   - a rule acts or eases on an object not more than once a cooldown
 *   - nothing is given back before `until` was true for clear-hold, or unknown for three times that
 *   - a goal makes a step only while it is violated and the last one has settled, and gives back only while it is met
 *   - easing goes half of the way a step, and ends exactly at the original, when 5 % or one unit are left
 *
 * A breach ends the program (machine_fail).
 */

enum { INVARIANT_RULES_MAX = 8 };

/* A rule on what is at a place. */
struct record {
        const struct rule *rule;
        uint64_t key;
        enum truth when, until, guard;
        uint64_t when_since_ns, until_since_ns; /* what they are, they are since then */
        bool acted;
        uint64_t acted_ns, actions, rests_until_ns;
        enum phase phase;
};

/* A knob of what is at a place: what was last decided for it. */
struct trail {
        uint64_t key;
        const char *rule;   /* who; NULL: nobody, or it is not known how it came to that */
        double asked;       /* NAN: nothing, or no number */
        bool easing;
        double gap;         /* how far it was from the original when easing began */
        uint64_t eased_ns;
        double held;        /* what the knob holds */
        int direction;      /* of its last change */
        uint64_t reversals; /* how often that turned */
};

struct invariants {
        struct record records[INVARIANT_RULES_MAX][N_PLACES];
        struct trail trails[N_KNOBS][N_PLACES];
        bool named[N_KNOBS];            /* by an action of some rule */
        uint64_t sets, restores, eases, given; /* decisions seen, so that a test can tell that it tests something */
};

/* Nothing is known yet; also after the rules have changed. */
void invariants_init(struct invariants *v, struct machine *m);

/* In this order, once a tick: before engine_tick, after it, and when what was decided is done. */
void invariants_before(struct invariants *v, struct machine *m);
void invariants_decided(struct invariants *v, struct machine *m);
void invariants_applied(struct invariants *v, struct machine *m);

/* Nothing is going on any more: every knob is nobody's, and as it was. */
void invariants_at_rest(const struct invariants *v, struct machine *m);

#endif
