/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "goals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decide/rule.h"

#define HOUR_S 3600

/* What somebody else thinks is right: less than it had at first. */
#define FOREIGN_WEIGHT 60

/* So long as it was, it is at rest. */
#define AT_REST_NS (600 * SECOND)

/* Blind: the window is as long as a step takes to settle, and a second more. */
#define BLIND_NS ((SETTLE_S + 1) * SECOND)

static const char *const place_names[GOALS_MAX] = { "/s/a", "/s/b" };
static const unsigned places[GOALS_MAX] = { PLACE_A, PLACE_B };

/* A lever as a goal has it, as a rule's action, and as a number between where it was and how far it may go.
 */
struct lever_text {
        const char *by, *then;
        uint32_t knob;
        unsigned place; /* N_PLACES: its own */
        double step, last;
};

static const struct lever_text lever_texts[] = {
        [LEVER_OWN] = { "cpu.weight 100..2000", "cpu.weight *= 1.5", KNOB_WEIGHT, N_PLACES, 1.5, 2000 },
        [LEVER_B] = { "cpu.weight @cgroup:/s/b 10..100", "cpu.weight @cgroup:/s/b /= 1.5", KNOB_WEIGHT,
                      PLACE_B, 1 / 1.5, 10 },
        [LEVER_C] = { "cpu.weight @cgroup:/s/c 10..100", "cpu.weight @cgroup:/s/c /= 1.5", KNOB_WEIGHT,
                      PLACE_C, 1 / 1.5, 10 },
        [LEVER_MEMORY] = { "memory.high 64Mi..max", "memory.high *= 0.95", KNOB_MEMORY, N_PLACES, 0.95,
                           64 * 0x1p20 },
};

const char *tuner_name(enum tuner t)
{
        static const char *const names[] = {
                [TUNER_GOAL] = "goal",
                [TUNER_RULES] = "rules",
                [TUNER_AIMD] = "AIMD",
                [TUNER_FIXED] = "fixed",
        };

        return names[t];
}

static unsigned lever_place(const struct lever_text *l, size_t goal)
{
        return l->place == N_PLACES ? places[goal] : l->place;
}

/* --- the texts --- */

static void goal_text(const struct goal_scenario *s, FILE *f)
{
        for (size_t g = 0; g < s->n; g++) {
                bool takes = s->levers[g][0] == LEVER_MEMORY;

                (void) fprintf(
                        f, "[goal g%zu]\nfor = cgroup:%s\nkeep = avg(toy.pressure) < %g%%\nsettle = %ds\n", g,
                        place_names[g], RESPONSE_BOUND, SETTLE_S);
                for (size_t k = 0; k < LEVERS_MAX && s->levers[g][k] != LEVER_NONE; k++)
                        (void) fprintf(f, "%s%s\n",
                                       k > 0   ? "     "
                                       : takes ? "take = "
                                               : "by = ",
                                       lever_texts[s->levers[g][k]].by);
        }
}

/* As somebody would write it who has rules only. */
static void rules_text(const struct goal_scenario *s, FILE *f)
{
        for (size_t g = 0; g < s->n; g++) {
                bool takes = s->levers[g][0] == LEVER_MEMORY;

                (void) fprintf(f,
                               "[rule r%zu]\nfor = cgroup:%s\nwhen = avg(toy.pressure) %c %g%%\nuntil = "
                               "avg(toy.pressure) %c %g%%\n"
                               "hold = %ds\ncooldown = %ds\nclear-hold = 30s\non-clear = ease\n"
                               "within = cpu.weight 10..2000\n         memory.high 64Mi..max\n",
                               g, place_names[g], takes ? '<' : '>', RESPONSE_BOUND, takes ? '>' : '<',
                               (takes ? 1.25 : 0.75) * RESPONSE_BOUND, SETTLE_S, SETTLE_S);
                for (size_t k = 0; k < LEVERS_MAX && s->levers[g][k] != LEVER_NONE; k++)
                        (void) fprintf(f, "%s%s\n",
                                       k > 0 ? "     " : "then = ", lever_texts[s->levers[g][k]].then);
        }
}

static void text_of(const struct goal_scenario *s, enum tuner tuner, char *ret, size_t size)
{
        FILE *f = fmemopen(ret, size, "w");

        if (!f)
                return;
        if (tuner == TUNER_GOAL)
                goal_text(s, f);
        else if (tuner == TUNER_RULES)
                rules_text(s, f);
        (void) fclose(f);
}

/* --- others who turn levers --- */

/* Additive when it goes well, multiplicative when not, and never a look at what it brought. */
static void aimd(const struct goal_scenario *s, struct run *r, double t_s)
{
        for (size_t g = 0; g < s->n && fmod(t_s, SETTLE_S) == 0; g++)
                for (size_t k = 0; k < LEVERS_MAX && s->levers[g][k] != LEVER_NONE; k++) {
                        const struct lever_text *l = &lever_texts[s->levers[g][k]];
                        struct toy_knob *knob = &r->machine.knobs[l->knob][lever_place(l, g)];
                        bool takes = l->knob == KNOB_MEMORY, on = (r->responses[g].truth > 1) != takes;
                        double first = takes ? 0x1p30 : 100,
                               x = fmin(knob->now.number, takes ? first : INFINITY);

                        x = on ? x * l->step : x + 0.02 * (first - l->last);
                        x = l->last > first ? fmin(fmax(x, first), l->last) : fmax(fmin(x, first), l->last);
                        knob->now.number = x;
                }
}

/* Somebody's best guess, for good: half of the way there is. */
static void fix(const struct goal_scenario *s, struct run *r)
{
        for (size_t g = 0; g < s->n; g++)
                for (size_t k = 0; k < LEVERS_MAX && s->levers[g][k] != LEVER_NONE; k++) {
                        const struct lever_text *l = &lever_texts[s->levers[g][k]];
                        double first = l->knob == KNOB_MEMORY ? 0x1p30 : 100;

                        r->machine.knobs[l->knob][lever_place(l, g)].now.number = sqrt(first * l->last);
                }
}

/* --- what is seen --- */

struct seen {
        struct goal_outcome *out;
        uint64_t seconds, counted, violated, changed, met_since;
        unsigned reversals; /* all of them, at the end of the last hour */
};

/* settled: what is on its way, or may not be touched now, does not count. */
static bool is_changed(const struct run *r, bool settled)
{
        static const double originals[] = {
                [KNOB_WEIGHT] = 100, [KNOB_MAX] = INFINITY, [KNOB_MEMORY] = INFINITY
        };

        for (uint32_t k = KNOB_WEIGHT; k <= KNOB_MEMORY; k++)
                for (unsigned p = PLACE_A; p <= PLACE_C; p++) {
                        const struct toy_knob *t = &r->machine.knobs[k][p];
                        bool by_us = t->ours || ruleset_n(engine_rules(r->machine.engine)) == 0;

                        if (t->now.number != originals[k] && by_us && !t->foreign &&
                            !(settled && r->machine.view.now_ns <= t->busy_until_ns))
                                return true;
                }
        return false;
}

static unsigned all_reversals(const struct run *r)
{
        unsigned n = 0;

        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (unsigned p = 0; p < N_PLACES; p++)
                        n += (unsigned) r->invariants.trails[k][p].reversals;
        return n;
}

static void see(struct seen *seen, const struct run *r)
{
        double truth = 0;
        unsigned n;

        for (size_t i = 0; i < r->n_responses; i++)
                truth = fmax(truth, r->responses[i].truth);

        seen->seconds++;
        /* The mean of the window is what is kept; the truth is as good as at the bound this near to it. */
        if (truth > 1.05)
                seen->met_since = 0;
        else if (seen->met_since == 0)
                seen->met_since = seen->seconds;
        if (!seen->out->reached && seen->met_since > 0 && seen->seconds - seen->met_since >= SETTLE_S &&
            seen->seconds > 2 * SETTLE_S) {
                seen->out->reached = true;
                seen->out->reached_s = (double) seen->met_since;
        }
        if (seen->seconds > HOUR_S) {
                seen->counted++;
                seen->violated += truth > 1.05;
                seen->changed += is_changed(r, false);
        }
        if (seen->seconds % HOUR_S == 0) {
                n = all_reversals(r);
                /* Of an object that went its trail is gone. */
                seen->out->reversals[seen->seconds / HOUR_S - 1] =
                        n > seen->reversals ? n - seen->reversals : 0;
                seen->reversals = n;
        }
}

static void check_goal(const struct goal_scenario *s, struct run *r, struct seen *seen)
{
        struct machine *m = &r->machine;
        bool rests = r->invariants.records[0][PLACE_A].phase == PHASE_RESTING, blind = true;

        seen->out->stuck |= rests;
        for (size_t g = 0; g < s->n; g++)
                blind &= m->view.now_ns - r->responses[g].seen_ns > BLIND_NS;
        REQUIRE(m, !blind || m->decisions.n == 0, "it moves something, and sees nothing");
        if (rests && s->n == 1)
                REQUIRE(m, !is_changed(r, true), "it rests, and has not given everything back");
}

/* --- the run --- */

static void befall_goal(const struct goal_scenario *s, struct run *r, uint64_t second)
{
        switch (s->misfortune) {
        case MISFORTUNE_NONE:
                break;
        case MISFORTUNE_GOES:
                if (second == HOUR_S)
                        machine_remove(&r->machine, PLACE_A);
                if (second == HOUR_S + 60)
                        machine_return(&r->machine, PLACE_A);
                break;
        case MISFORTUNE_FOREIGN:
                if (second == HOUR_S) {
                        machine_meddle(&r->machine, KNOB_WEIGHT, PLACE_A);
                        r->machine.knobs[KNOB_WEIGHT][PLACE_A].now = value_number(FOREIGN_WEIGHT);
                }
                break;
        }
}

/* From 1 - width to 1 + width. */
static double spread(struct chance *c, double width)
{
        return 1 + width * ((double) pick(c, 2001) / 1000 - 1);
}

/* No two plants are alike. */
static void vary(struct response *p, struct chance *c)
{
        p->load.level *= spread(c, 0.2);
        p->lag_s *= spread(c, 0.5);
        for (size_t i = 0; i < p->n_effects; i++)
                p->effects[i].power *= spread(c, 0.2);
}

static void begin(const struct goal_scenario *s, struct run *r)
{
        for (size_t g = 0; g < s->n; g++) {
                struct response *p = &r->responses[r->n_responses++];

                *p = s->plants[g];
                p->place = places[g];
                vary(p, r->machine.chance);
        }
        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (unsigned p = 0; p < N_PLACES; p++) {
                        struct toy_knob *t = &r->machine.knobs[k][p];

                        t->unit = s->knobs.unit;
                        t->refuses = s->knobs.refuses;
                        t->slow_ns = s->knobs.slow_ns;
                }
}

/* Others than the engine turn levers before each tick. */
static void turn(const struct goal_scenario *s, enum tuner tuner, struct run *r, uint64_t second)
{
        if (tuner == TUNER_AIMD)
                aimd(s, r, (double) second);
        if (tuner == TUNER_FIXED && second == 1)
                fix(s, r);
}

/* The load goes. What is taken is kept while that goes well: there the goal itself goes. Returns after how
 * many seconds all is back. */
static double end(const struct goal_scenario *s, enum tuner tuner, struct run *r)
{
        uint64_t began_ns = r->machine.view.now_ns, changed_ns = began_ns, at_rest_ns = 0;

        if (s->levers[0][0] == LEVER_MEMORY) {
                machine_rules(&r->machine, "");
                invariants_init(&r->invariants, &r->machine);
        }
        r->quiet = true;
        for (uint64_t t = GOAL_HOURS * HOUR_S + 1; at_rest_ns < AT_REST_NS && t <= (GOAL_HOURS + 2) * HOUR_S;
             t++) {
                turn(s, tuner, r, t);
                run_tick(r);
                if (is_changed(r, false))
                        changed_ns = r->machine.view.now_ns;
                at_rest_ns = r->machine.view.now_ns - changed_ns;
        }
        return (double) (changed_ns - began_ns) / 1e9;
}

void goal_simulate(const struct goal_scenario *s, enum tuner tuner, unsigned seed, struct goal_outcome *ret)
{
        struct chance chance = chance_of_seed(seed);
        struct seen seen = { .out = ret };
        char what[128], text[1024] = "";
        static struct run r;

        *ret = (struct goal_outcome){ .reached_s = NAN };
        (void) snprintf(what, sizeof(what), "%s, %s, seed %u", s->name, tuner_name(tuner), seed);
        text_of(s, tuner, text, sizeof(text));
        run_init(&r, &chance, what, text);
        begin(s, &r);
        for (uint64_t t = 1; t <= GOAL_HOURS * HOUR_S; t++) {
                befall_goal(s, &r, t);
                turn(s, tuner, &r, t);
                run_tick(&r);
                if (tuner == TUNER_GOAL)
                        check_goal(s, &r, &seen);
                see(&seen, &r);
        }
        ret->violated = (double) seen.violated / (double) seen.counted;
        ret->changed = (double) seen.changed / (double) seen.counted;
        ret->memory = r.machine.knobs[KNOB_MEMORY][PLACE_A].now.number;
        ret->back_s = end(s, tuner, &r);
        ret->left = is_changed(&r, false);
        if (tuner == TUNER_GOAL) {
                invariants_at_rest(&r.invariants, &r.machine);
                REQUIRE(&r.machine, !ret->left, "the load is gone, and something is still changed");
        }
        run_clear(&r);
}
