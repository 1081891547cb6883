/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_WORLD_H
#define TRIMTAB_TEST_WORLD_H

#include "config/diag.h"
#include "config/ini.h"
#include "decide/engine.h"

/*
 * A small machine for the tests of decide/, with made-up time:
 *
 *   cgroups  / (1), /a (10), /a/web (11), /a/db (12), /a/batch (13), /a/log (14), /b (20), /b/web (21)
 *   irqs     7, 9
 *   metrics  sched.latency (histogram ns, cgroup), sched.runtime (counter ns, cgroup), mem.used (gauge B,
 * cgroup), psi.cpu (gauge %, cgroup), net.load (gauge, host), irq.count (counter, irq) knobs    cpu.weight
 * (1..10000, a weight), cpu.max (% 1..100000 or max, in use: sched.runtime), mem.high (B, or max, in use:
 * mem.used), cpu.set (CPU list), irq.mode (off, low, high; scope irq), irq.cpus (CPU list, or the words calmest and
 * spread; scope irq), irq.pins (CPU list with a check; scope irq), page.drop (B, a deed), vm.ratio (0..100, host), vm.pages (0..100 with a
 * check, which knows multiples of 8 only; host)
 */

enum { ROOT = 1, A = 10, WEB = 11, DB = 12, BATCH = 13, LOG = 14, B = 20, BWEB = 21 };

#define SEC 1000000000ull

struct knob_state {
        uint32_t knob;
        struct oid object;
        struct trimtab_value now, original;
        bool busy, touched;
        int error; /* reading it fails with that */
};

struct world {
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct ini ini;
        struct diag diag;
        struct knob_state knobs[96];
        size_t n_knobs;
        const char *means; /* what words of irq.cpus, and any list for irq.pins, mean now; NULL: what is there */
        int means_error;   /* or why they, and numbers, mean nothing */
        unsigned n_resolved;
        struct view view;
        struct decisions decisions; /* of the last tick */
};

void world_init(struct world *w);
void world_clear(struct world *w);

/* One more file of rules. All of them are parsed anew; -1: with errors (in w->diag). The engine is not
 * touched. */
int world_parse(struct world *w, const char *text, struct ruleset **ret);
/* One text as the only rules, into the engine; errors fail the test. */
void world_rules(struct world *w, const char *text);

struct oid cgroup(uint64_t key);
uint32_t knob_number(const struct world *w, const char *name);
struct knob_state *knob_state(struct world *w, const char *name, struct oid object);

/* One sample of a gauge, now. */
void put(struct world *w, const char *metric, uint64_t object, double value);

/* One second passes, then a tick. What is decided is done at once, unless a test wants to do that itself. */
void tick(struct world *w);
void tick_only(struct world *w);
void apply(struct world *w);

/*
 * That many seconds with psi.cpu of /a/web at that many percent (NAN: not measured). Quietly: nothing may be
 * decided before the last of them.
 */
void pass(struct world *w, int seconds, double percent);
void pass_quietly(struct world *w, int seconds, double percent);

/* Nothing for so many seconds, then one decision, after which the weight of /a/web is that. */
void assert_weight_after(struct world *w, int seconds, double percent, double weight);

/* The knob's value now; INFINITY is max. */
double value_of(struct world *w, const char *knob, uint64_t object);
/* The decision of the last tick on a knob; NULL: none. */
const struct decision *decided(const struct world *w, const char *knob, uint64_t object);

struct instance_info info_of(const struct world *w, const char *rule, uint64_t object);

#endif
