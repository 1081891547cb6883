/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SIMULATED_MACHINE_H
#define TRIMTAB_SIMULATED_MACHINE_H

#include "chance.h"
#include "decide/engine.h"

/*
 * A small machine with made-up time, on which the real rules, engine and store run. Its knobs behave as knobs do: they round,
 * refuse, take a while, and other people turn them.
 *
 *   cgroups  / /s /s/a /s/b /s/c /t /t/d
 *   metrics  toy.latency (histogram ns), toy.runtime (counter ns), toy.pressure (gauge %), toy.memory (gauge B), all of
 *            cgroups; toy.load (gauge, host)
 *   knobs    cpu.weight, cpu.max (of toy.runtime), memory.high (of toy.memory), cpuset.cpus, cpu.mode (low, normal,
 *            high), of cgroups; host.ratio (0..100)
 */

#define SECOND 1000000000ull

enum { METRIC_LATENCY, METRIC_RUNTIME, METRIC_PRESSURE, METRIC_MEMORY, METRIC_LOAD, N_METRICS };
enum { KNOB_WEIGHT, KNOB_MAX, KNOB_MEMORY, KNOB_CPUS, KNOB_MODE, KNOB_RATIO, N_KNOBS };
enum { PLACE_ROOT, PLACE_S, PLACE_A, PLACE_B, PLACE_C, PLACE_T, PLACE_D, PLACE_HOST, N_PLACES };

/* A knob of what is at a place, and what befalls it. */
struct toy_knob {
        struct trimtab_value now, original; /* original: while ours */
        bool ours;
        bool kept;              /* let go of with on-clear = keep: put back at the end */
        bool foreign;           /* somebody else turned it since we did */
        uint64_t busy_until_ns; /* a write is under way, or it rests */
        double unit;            /* it rounds to multiples of that; 0: it does not */
        unsigned refuses;       /* once in so many writes; 0: never */
        uint64_t slow_ns;       /* how long a write takes */
        bool under_way;         /* such a write: the engine hears of it when the knob is no longer busy */
        uint64_t writes;
};

struct machine {
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct view view;
        struct decisions decisions; /* of the last tick */
        struct toy_knob knobs[N_KNOBS][N_PLACES];
        uint64_t keys[N_PLACES]; /* of the object there now; 0: none, for the host always TRIMTAB_HOST_OBJECT */
        bool gone[N_PLACES];
        uint64_t next_key;
        struct chance *chance;
        const char *what;   /* of the run, for who reads a failure: "seed 7" */
        const char *rules;  /* their text, likewise */
        uint64_t began_ns;
};

void machine_init(struct machine *m, struct chance *chance, const char *what);
void machine_clear(struct machine *m);

/* Ends the program, saying which run it was, at which time, and under which rules. */
void machine_fail(const struct machine *m, const char *format, ...)
        __attribute__((format(printf, 2, 3), noreturn));

#define REQUIRE(m, condition, ...)                                                                           \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        machine_fail(m, __VA_ARGS__);                                                        \
        } while (0)

/* The text as the only rules. They must be good; the text has to last. */
void machine_rules(struct machine *m, const char *text);

struct oid machine_object(const struct machine *m, unsigned place);
/* Where that object is, N_PLACES: nowhere any more. */
unsigned machine_place(const struct machine *m, struct oid object);
struct toy_knob *machine_knob(struct machine *m, uint32_t knob, struct oid object);

/* What a knob makes of a value. */
struct trimtab_value toy_knob_takes(const struct toy_knob *k, struct trimtab_value v);

/* Something vanishes, and comes back: by the same name, with another key. */
void machine_remove(struct machine *m, unsigned place);
void machine_return(struct machine *m, unsigned place);

/* Somebody else turns a knob to some other value. */
void machine_meddle(struct machine *m, uint32_t knob, unsigned place);

/* What was decided is done, as well as the knobs allow, and the engine hears of it. */
void machine_apply(struct machine *m);

/* Whether a knob holds what it held before anybody of us turned it. */
bool machine_is_original(const struct machine *m, uint32_t knob, unsigned place);

#endif
