/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ENGINE_H
#define TRIMTAB_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/finding.h"
#include "decide/ruleset.h"
#include "decide/value.h"
#include "decide/view.h"

/*
 * The engine holds the state of every rule on every object and, once a tick, turns measurements into decisions.
 * Pure: no I/O, no clock. What it must know of the world outside comes in by struct view.
 */

enum verb {
        VERB_SET,     /* bring the knob to `value` */
        VERB_RESTORE, /* nobody wants it any more: back to the original */
        VERB_KEEP,    /* nobody wants it any more, on-clear = keep: leave it, it is restored at exit */
};

struct decision {
        uint64_t id;          /* counts up from 1 over the daemon's life */
        enum verb verb;
        uint32_t knob;        /* number in the catalogue */
        struct oid object;
        struct trimtab_value value; /* VERB_SET */
        bool advise;          /* only say it */
        bool contest, delegated; /* VERB_SET: the rule's; see struct rule */
        int keep;             /* VERB_SET: the rule's `on-exit`: 1 keep, 0 restore, -1 as the daemon's */
        const char *rule;     /* name of the rule; valid until the set is replaced */
        char reason[200];     /* "p99(sched.runq_latency) = 7.2ms > 5ms for 10s" */
        struct cause cause;   /* the same in pieces */
};

/* Valid until the next engine_tick. Order: restores before sets, each in the order in which they were decided. */
struct decisions {
        struct decision *items;
        size_t n;
};

struct engine;

int engine_new(struct engine **ret);
struct engine *engine_free(struct engine *e);

/*
 * Swaps the set (taken over by the engine). A rule that is in both, with the same text, keeps its state; one that is
 * gone or changed lets go of its knobs: the next tick decides what becomes of them.
 */
int engine_set_rules(struct engine *e, struct ruleset *set);
const struct ruleset *engine_rules(const struct engine *e);

/* Objects that came and went since the last tick have their instances from now on: for who means them between two ticks. */
int engine_match(struct engine *e, const struct view *view);

int engine_tick(struct engine *e, const struct view *view, struct decisions *ret);

/*
 * What became of a decision: error 0, and the value that took effect (it may differ from what was asked: that is the base of
 * the next relative step). error < 0: the knob is not ours (-EBUSY: a foreign writer; others: refused); the proposal is
 * dropped and the rule waits its cooldown before it asks again. Advice has no outcome: nothing is to be told of it.
 */
void engine_outcome(struct engine *e, uint32_t knob, struct oid object, int error, const struct trimtab_value *effective);

/* Every instance lets go of what the object or rule holds (`trimtab revert`): decisions come with the next tick, and the
 * instances rest until `rest_until_ns`. rule may be NULL, object may be NULL: all. */
void engine_release(struct engine *e, const char *rule, const struct oid *object, uint64_t rest_until_ns);

/* The same for whoever claims this knob, on this object or on all (NULL). */
void engine_release_knob(struct engine *e, uint32_t knob, const struct oid *object, uint64_t rest_until_ns);

/* What must be measured, for plugin->watch(): every (metric, object, longest window) that a rule needs now. Objects are
 * matched anew when the registry changed. */
int engine_wants(struct engine *e, const struct view *view,
                 int (*cb)(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns), void *userdata);
/* A number that stays the same for as long as engine_wants would say the same: who remembers need not ask again. -ENOMEM */
int engine_wants_serial(struct engine *e, const struct view *view, uint64_t *ret);

/* --- for those who show it --- */

enum phase { PHASE_IDLE, PHASE_HOLDING, PHASE_ACTIVE, PHASE_CLEARING, PHASE_EASING, PHASE_RESTING };
const char *phase_name(enum phase p);

struct instance_info {
        const struct rule *rule;
        struct oid object;
        enum phase phase;
        uint64_t since_ns;      /* in this phase since */
        enum truth when;        /* at the last tick */
        uint64_t actions;       /* decisions taken since start */
        const char *measured;   /* "p99(sched.runq_latency) = 7.2ms", at the last tick */
        const char *waits_for;  /* "plugin 'irq'": not runnable; else NULL */
};

/* Every rule on every object it matches; a rule that matches none comes once with object.key = UINT64_MAX. */
int engine_foreach_instance(const struct engine *e, int (*cb)(void *userdata, const struct instance_info *info), void *userdata);

/* The same for decide/explain.h, with all there is to see; instance: NULL for a rule that matches none. */
struct instance;
struct arbiter;
int engine_foreach_state(const struct engine *e,
                         int (*cb)(void *userdata, const struct rule *rule, const struct instance *instance),
                         void *userdata);
const struct arbiter *engine_arbiter(const struct engine *e);

/* Who owns a knob, and the name of the rule shadowed by it or NULL. -ENOENT: nobody. */
int engine_owner(const struct engine *e, uint32_t knob, struct oid object, const char **ret_rule, const char **ret_shadowed);

#endif
