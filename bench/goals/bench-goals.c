/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What goals are good for, beside others who turn the same levers on the same simulated plants.
 *
 *     bench-goals RESULTS.json [SEEDS]
 *
 * goal   the controller of decide/
 * rules  a threshold with a gap, a hold, a cooldown and easing, as somebody would write it who has rules
 * only; the real engine AIMD   a step when the goal is violated, a fiftieth of the way back when it is met,
 * and never a look at what it brought fixed  half of the way that there is, for good: somebody's best guess
 *
 * Each row is the same seeds, so the same plants, for all four.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "goals.h"

enum { SEEDS = 8, SEEDS_MAX = 1000 };

enum figure { FIGURE_SETTLES, FIGURE_REVERSALS, FIGURE_VIOLATED, FIGURE_CHANGED, N_FIGURES };

static const struct {
        const char *name, *unit;
} figures[] = {
        [FIGURE_SETTLES] = { "to reach it", "settle times" },
        [FIGURE_REVERSALS] = { "reversals", "per hour" },
        [FIGURE_VIOLATED] = { "violated", "% of the time" },
        [FIGURE_CHANGED] = { "changed", "% of the time" },
};

struct row {
        double values[N_FIGURES][SEEDS_MAX];
        unsigned n, reached, left;
};

static void add(struct row *row, const struct goal_outcome *o)
{
        double reversals = 0;

        for (unsigned hour = 1; hour < GOAL_HOURS; hour++)
                reversals += o->reversals[hour] / (GOAL_HOURS - 1.0);
        row->values[FIGURE_SETTLES][row->n] = o->reached ? o->reached_s / SETTLE_S : INFINITY;
        row->values[FIGURE_REVERSALS][row->n] = reversals;
        row->values[FIGURE_VIOLATED][row->n] = 100 * o->violated;
        row->values[FIGURE_CHANGED][row->n] = 100 * o->changed;
        row->reached += o->reached;
        row->left += o->left;
        row->n++;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

/* Of a row that is sorted. */
static double median(const struct row *row, enum figure f)
{
        return row->values[f][row->n / 2];
}

/* Half the distance of the outer quartiles. */
static double spread(const struct row *row, enum figure f)
{
        return (row->values[f][row->n * 3 / 4] - row->values[f][row->n / 4]) / 2;
}

static void run(const struct goal_scenario *s, enum tuner tuner, unsigned seeds, struct row *row)
{
        struct goal_outcome o;

        row->n = row->reached = row->left = 0;
        for (unsigned seed = 1; seed <= seeds; seed++) {
                goal_simulate(s, tuner, seed, &o);
                add(row, &o);
        }
        for (enum figure f = 0; f < N_FIGURES; f++)
                qsort(row->values[f], row->n, sizeof(row->values[f][0]), compare);
}

static void print_number(int width, double x, const char *unit)
{
        if (isfinite(x))
                (void) printf(" %*.1f%s", width, x, unit);
        else
                (void) printf(" %*s%s", width, "-", unit);
}

static void print(const struct goal_scenario *s, enum tuner tuner, const struct row *row)
{
        (void) printf("  %-38s %-5s", tuner == 0 ? s->name : "", tuner_name(tuner));
        (void) printf(" %4u %%", 100 * row->reached / row->n);
        print_number(8, median(row, FIGURE_SETTLES), "");
        print_number(9, median(row, FIGURE_REVERSALS), "");
        print_number(7, median(row, FIGURE_VIOLATED), " %");
        print_number(7, median(row, FIGURE_CHANGED), " %");
        (void) printf(" %6u %%\n", 100 * row->left / row->n);
        (void) fflush(stdout);
}

static void write_number(FILE *json, const char *key, double x)
{
        if (isfinite(x))
                (void) fprintf(json, "\"%s\": %.4f, ", key, x);
        else
                (void) fprintf(json, "\"%s\": null, ", key);
}

/* The goal against one of the others. */
static void record(FILE *json, const struct goal_scenario *s, enum tuner tuner, const struct row *goal,
                   const struct row *other, bool first)
{
        for (enum figure f = 0; f < N_FIGURES; f++) {
                double value = median(goal, f), base = median(other, f);

                (void) fprintf(
                        json,
                        "%s\n  {\"bench\": \"goals\", \"subject\": \"goal, %s: %s\", \"baseline\": \"%s\", ",
                        first && f == 0 ? "" : ",", s->name, figures[f].name, tuner_name(tuner));
                write_number(json, "value", value);
                (void) fprintf(json, "\"unit\": \"%s\", ", figures[f].unit);
                write_number(json, "ratio", base > 0 ? value / base : NAN);
                write_number(json, "spread", spread(goal, f));
                (void) fprintf(json, "\"runs\": %u, \"note\": \"the baseline: ", goal->n);
                (void) (isfinite(base) ? fprintf(json, "%.4f", base) : fprintf(json, "never"));
                (void) fprintf(json, "; reached in %u of the runs, by it in %u\"}", goal->reached,
                               other->reached);
        }
}

int main(int argc, char **argv)
{
        unsigned long seeds = argc > 2 ? strtoul(argv[2], NULL, 10) : SEEDS;
        static struct row rows[N_TUNERS];
        FILE *json;

        if (argc < 2 || seeds < 1 || seeds > SEEDS_MAX) {
                (void) fprintf(stderr, "usage: bench-goals RESULTS.json [SEEDS]\n");
                return 2;
        }
        json = fopen(argv[1], "we");
        if (!json) {
                perror(argv[1]);
                return 1;
        }

        (void) printf(
                "goals: medians of %lu simulated plants each, %d h under load; reached: within 5 %% of the "
                "bound; reversals,\n"
                "violated and changed after the first hour; left: still changed when the load is gone\n",
                seeds, GOAL_HOURS);
        (void) printf("  %-38s %-5s %6s %8s %9s %9s %9s %8s\n", "", "", "reached", "settles", "reversals",
                      "violated", "changed", "left");
        (void) fputs("[", json);
        for (size_t i = 0; i < n_goal_scenarios; i++) {
                for (enum tuner t = 0; t < N_TUNERS; t++) {
                        run(&goal_scenarios[i], t, (unsigned) seeds, &rows[t]);
                        print(&goal_scenarios[i], t, &rows[t]);
                        if (t != TUNER_GOAL)
                                record(json, &goal_scenarios[i], t, &rows[TUNER_GOAL], &rows[t],
                                       i == 0 && t == TUNER_RULES);
                }
        }
        (void) fputs("\n]\n", json);
        return fclose(json) == 0 ? 0 : 1;
}
