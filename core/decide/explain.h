/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPLAIN_H
#define TRIMTAB_EXPLAIN_H

#include "decide/engine.h"
#include "decide/finding.h"
#include "decide/rule.h"

/*
 * Why things are as they are: what the engine knows of a rule on an object, and of who wants what of a knob,
 * as data. Pure, like the engine; it changes nothing. Pointers are valid until the next tick or change of
 * rules.
 */

/* What keeps a rule from acting. Each comes at most once. */
enum obstacle {
        OBSTACLE_PLUGIN,    /* it waits for a plugin: text says for what */
        OBSTACLE_OFF,       /* its own mode is off */
        OBSTACLE_OBSERVE,   /* its own mode, or the daemon's, lets it decide nothing */
        OBSTACLE_ADVISE,    /* it says what it would do, and does nothing */
        OBSTACLE_NO_OBJECT, /* its `for` matches nothing now */
        OBSTACLE_NO_DATA,   /* a comparison of `when` that decides has no data */
        OBSTACLE_CONDITION, /* `when` is false */
        OBSTACLE_HOLD,      /* `when` is true, but not for long enough: left_ns */
        OBSTACLE_GUARD,     /* its guard is false */
        OBSTACLE_COOLDOWN,  /* it acted a moment ago: left_ns */
        OBSTACLE_SETTLE,    /* a goal: its last step has not shown itself yet: left_ns */
        OBSTACLE_STUCK,     /* a goal: no lever helped, everything is back: left_ns */
        OBSTACLE_REST,      /* released by hand, or undone by its guard: left_ns */
        OBSTACLE_PROTECTED, /* its object is one that no rule may touch */
        OBSTACLE_ATTEMPT,   /* the last attempt came to nothing: text says why */
        OBSTACLE_COUNT,
};
const char *obstacle_name(enum obstacle o); /* "no-data": stable, for programs */

struct hindrance {
        enum obstacle what;
        uint64_t left_ns; /* how long it will last at most; 0: not a matter of time */
        const char *text; /* or NULL */
};

/* A rule on one object. */
struct explained_rule {
        const struct rule *rule;
        const struct instance *instance; /* for explain_holds; NULL without an object */
        bool has_object;
        struct oid object;
        enum phase phase;
        uint64_t since_ns;             /* in this phase since; CLOCK_MONOTONIC */
        enum truth when, until, guard; /* now. TRUTH_UNKNOWN also where there is none */
        bool until_counts;             /* it has acted: `until` decides how long that lasts */
        uint64_t hold_ns;              /* of `hold`, so much is done; 0 unless holding */
        uint64_t clear_ns;             /* of `clear-hold`, so much is done; 0 unless clearing */
        uint64_t next_ns; /* until then it does nothing in any case: time left; 0: looked at each tick */
        uint64_t actions;
        struct hindrance hindrances[OBSTACLE_COUNT];
        size_t n_hindrances;
        /* What was measured, for findings_foreach: of each there are as many as the condition has leaves. */
        const double *seen_when, *seen_until, *seen_guard;
};

/*
 * Calls cb for every rule on every object that it matches (once, without an object, when there is none). The
 * view is that of now. Stops and returns what cb returns when that is not 0; -ENOMEM.
 */
int explain_rules(const struct engine *e, const struct view *view,
                  int (*cb)(void *userdata, const struct explained_rule *r), void *userdata);

/* Who wants what of a knob. */
struct explained_claim {
        const struct rule *rule;
        struct oid object; /* the one that the rule runs for */
        struct trimtab_value value;
        bool owner;  /* it is what the knob is set to; the others are shadowed by it */
        bool advise; /* only said */
        const char *reason;
        const struct cause *cause;
        uint64_t acted_ns;
};

/* Every claim on a knob of an object: those in force, then advice. Stops and returns what cb returns when
 * that is not 0. */
int explain_claims(const struct engine *e, uint32_t knob, struct oid object,
                   int (*cb)(void *userdata, const struct explained_claim *c), void *userdata);

/* Whether the rule, on the object it runs for, has a claim on the knob (UINT32_MAX: any) of this object
 * (NULL: any). */
bool explain_holds(const struct explained_rule *r, uint32_t knob, const struct oid *object);

#endif
