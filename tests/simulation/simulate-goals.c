/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 *     simulate-goals [SEEDS [FIRST-SEED]]      also by the environment: TRIMTAB_SIMULATION_SEEDS
 *
 * Goals settle. Each scenario is a plant, or two, that the levers of its goal help, do not help or harm; for
 * hours of made-up time, and many seeds, each with another plant of that kind. A goal that can be reached is
 * reached within so many settle times; it turns its levers back no more often than stated; it never leaves
 * its bounds, moves nothing while it sees nothing, has given everything back whenever it says that it is
 * stuck, and some minutes after the load everything is as it was.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "goals.h"

/* By default: more than two thousand runs. */
#define SEEDS 72

/* So near to the working set is found. */
#define FOUND 0.15

struct worst {
        double reached, violated, changed, back;
        unsigned unsettled, steady, failures;
};

static void fail(const struct goal_scenario *s, unsigned seed, struct worst *w, const char *what, double is,
                 double most)
{
        (void) fprintf(stderr, "%s, seed %u: %s: %g, %g were right\n", s->name, seed, what, is, most);
        w->failures++;
}

static unsigned stated_or(unsigned stated, unsigned usual)
{
        return stated > 0 ? stated : usual;
}

static void judge_reversals(const struct goal_scenario *s, unsigned seed, const struct goal_outcome *o,
                            struct worst *w)
{
        for (unsigned hour = 0; hour < GOAL_HOURS; hour++) {
                bool settles = hour == 0 || (hour == 1 && s->misfortune != MISFORTUNE_NONE);
                unsigned n = o->reversals[hour], *seen = settles ? &w->unsettled : &w->steady;
                unsigned most = settles ? stated_or(s->unsettled, UNSETTLED_REVERSALS) : STEADY_REVERSALS;

                if (n > *seen)
                        *seen = n;
                if (n > most)
                        fail(s, seed, w,
                             settles ? "reversals while it settles" : "reversals in a steady hour", n, most);
        }
}

static void judge(const struct goal_scenario *s, unsigned seed, const struct goal_outcome *o, struct worst *w)
{
        double in = o->reached ? o->reached_s / SETTLE_S : INFINITY;

        if (s->reached_in > 0) {
                w->reached = fmax(w->reached, in);
                if (in > s->reached_in)
                        fail(s, seed, w, "settle times to reach it", in, s->reached_in);
        } else if (s->n == 1) {
                if (!o->stuck)
                        fail(s, seed, w, "times that it said it was stuck", 0, 1);
                if (o->changed > CHANGED_IN_VAIN)
                        fail(s, seed, w, "part of the time that something is changed in vain", o->changed,
                             CHANGED_IN_VAIN);
        }
        if (s->levers[0][0] == LEVER_MEMORY && s->reached_in > 0 &&
            fabs(o->memory / WORKING_SET_BYTES - 1) > FOUND)
                fail(s, seed, w, "of the working set it found", o->memory / WORKING_SET_BYTES, 1);
        if (o->back_s > stated_or(s->back_in_s, BACK_IN_S))
                fail(s, seed, w, "seconds until all is back", o->back_s, stated_or(s->back_in_s, BACK_IN_S));
        judge_reversals(s, seed, o, w);
        w->back = fmax(w->back, o->back_s);
        w->violated += o->violated;
        w->changed += o->changed;
}

static struct worst run_scenario(const struct goal_scenario *s, unsigned first, unsigned n)
{
        struct worst w = { 0 };

        for (unsigned seed = first; seed < first + n; seed++) {
                struct goal_outcome o;

                goal_simulate(s, TUNER_GOAL, seed, &o);
                judge(s, seed, &o, &w);
        }
        return w;
}

int main(int argc, char **argv)
{
        const char *seeds = argc > 1 ? argv[1] : getenv("TRIMTAB_SIMULATION_SEEDS");
        unsigned n = seeds ? (unsigned) strtoul(seeds, NULL, 10) : SEEDS;
        unsigned first = argc > 2 ? (unsigned) strtoul(argv[2], NULL, 10) : 1, failures = 0;

        (void) printf("The worst of %u seeds; violated and changed: means, after the first hour.\n"
                      "%-40s %8s %19s %9s %9s %9s %8s\n%-40s %8s %9s %9s\n",
                      n, "", "reached", "reversals an hour", "violated", "changed", "all back", "", "",
                      "settles", "settling", "steady");
        for (size_t i = 0; i < n_goal_scenarios; i++) {
                const struct goal_scenario *s = &goal_scenarios[i];
                struct worst w = run_scenario(s, first, n);
                char reached[16] = "-";

                if (s->reached_in > 0)
                        (void) snprintf(reached, sizeof(reached), "%.1f", w.reached);
                (void) printf("%-40s %8s %9u %9u %8.1f%% %8.1f%% %6.0f s\n", s->name, reached, w.unsettled,
                              w.steady, 100 * w.violated / n, 100 * w.changed / n, w.back);
                (void) fflush(stdout);
                failures += w.failures;
        }
        (void) printf("At most %d reversals an hour in steady state are right, %d before, where a scenario "
                      "does not say more.\n",
                      STEADY_REVERSALS, UNSETTLED_REVERSALS);
        (void) printf("%zu runs (%zu scenarios of %u seeds, %d hours under load each): %u failures\n",
                      n_goal_scenarios * n, n_goal_scenarios, n, GOAL_HOURS, failures);
        return failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
