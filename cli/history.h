/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HISTORY_H
#define TRIMTAB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/replay.h"
#include "serve/rows.h"

/* What was decided over a recording: by the rules that are tried on it, and by the daemon when it was made. */

enum { SIMULATED = 1 << 0, RECORDED = 1 << 1 };

/* One decision. */
struct move {
        uint64_t time_ns;
        unsigned by;      /* SIMULATED, RECORDED, or both decided the same */
        enum verb verb;
        bool advise;
        uint64_t id;      /* RECORDED: the decision's in the daemon's log */
        char *rule, *object, *knob;
        char *from, *to;  /* NULL: not known */
        char *reason;
        char *outcome;    /* RECORDED: what became of it; NULL: not known */
        size_t serial;    /* in the order in which they came */
};

struct history {
        struct move *moves; /* in the order of their times, once history_match was called */
        size_t n;
        int error; /* the first -ENOMEM */
};

/* Used zeroed at first. Values as struct replay_events has them. */
void history_add_simulated(struct history *h, const struct replay *p, uint64_t time_ns, const struct decision *d,
                           const struct trimtab_value *from, const struct trimtab_value *to);
/* ITEM_DECISION, ITEM_OUTCOME. */
void history_add_recorded(struct history *h, const struct replay *p, uint64_t time_ns, const struct item *item);
void history_clear(struct history *h);

/*
 * Finds what was decided by both: the same rule, object, knob and value, no further apart than that. Sorts.
 */
void history_match(struct history *h, uint64_t within_ns);

/* What a rule did. */
struct tally {
        const char *rule;       /* as in the moves or the rules */
        uint64_t n_fired;       /* times that it set a knob, simulated */
        uint64_t n_recorded;    /* likewise, by the daemon */
        uint64_t active_ns;     /* held a knob, at least one */
        struct move **held;     /* the moves that brought about what it still holds at the end */
        size_t n_held;
        uint64_t since_ns;      /* it holds one since; valid while n_held > 0 */
};

struct tallies {
        struct tally *items;
        size_t n;
};

/* One for each of the set's rules and each other that occurs. After history_match. -ENOMEM */
int tallies_make(const struct history *h, const struct ruleset *rules, uint64_t end_ns, struct tallies *ret);
void tallies_clear(struct tallies *t);

#endif
