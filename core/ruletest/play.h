/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_PLAY_H
#define TRIMTAB_RULETEST_PLAY_H

#include "record/stage.h"
#include "ruletest/script.h"

/* A test while it runs, and what came of it. Inside of ruletest/. */

/* Of the first tick, on the stage's clock: there must be a time before, and 0 means "never" to some. */
#define START_NS (1000ull * 1000000000)

/* What is measured of one object. */
struct stream {
        const struct script_feed *feed;
        size_t object;
        bool begun;
        uint64_t last_ns; /* of the last reading, in the test's time */
        double total;     /* of a counter; of a histogram, of all values */
};

/* One decision. */
struct deed {
        uint64_t time_ns; /* in the test's time */
        char *rule;
        uint32_t knob;
        size_t object;
        char *text; /* "at 25s, web-first sets cpu.weight of cgroup:/a to 150: REASON" */
        bool expected;
};

struct play {
        struct script *script;
        struct stage stage;
        struct objects *objects;
        struct stream *streams;
        size_t n_streams;
        struct deed *deeds;
        size_t n_deeds;
        uint64_t n_keys;
        uint64_t time_ns; /* now, in the test's time */
        int error;        /* the first in a callback */
};

/* p is {}, but for its script. Runs it from the first tick to the last. -ENOMEM */
int play_run(struct play *p);
void play_clear(struct play *p);

/* verdict.c: what is expected, held against what happens. */

/* To be called for each decision: notes it. *to, *from as in struct stage. */
void verdict_decided(void *play, const struct decision *d, const struct trimtab_value *from,
                     const struct trimtab_value *to);
/* At the end of each tick; last: there is no other. -ENOMEM */
int verdict_tick(struct play *p, bool last);
/* At the end: what was not as expected, as errors. -ENOMEM */
int verdict_tell(struct play *p, const char *test, struct diag *diag);

/* state.c: how things stand, in words, new string or NULL: out of memory. */

/* "web-first is holding on cgroup:/a since 11s, p99(sched.runq_latency) = 30ms; held up by its hold (1s
 * left)" */
char *state_of_rule(const struct play *p, const char *rule);
/* "at 40s, cpu.weight of cgroup:/a is 225: …" */
char *state_of_knob(const struct play *p, uint32_t knob, size_t object);
/* "at 40s, web-first is active on cgroup:/a" if it is not in that phase there (EVERY_OBJECT: on any that it
 * runs for). *ret NULL: it is. -ENOMEM */
int state_not_in_phase(const struct play *p, const char *rule, size_t object, enum phase phase, char **ret);

#endif
