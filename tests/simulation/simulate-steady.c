/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules do not flap. Each scenario is one rule on one plant under a load that has come to stay, for a day of made-up time
 * and many seeds; its knob may turn back so and so often, and not more:
 *
 *   - never, where what is measured does not depend on the knob, or stays in the gap between `when` and `until` for every
 *     value of it: the rule acts until it has done all it may, and holds on
 *   - where acting itself makes `until` true, giving back makes `when` true again. No rule can be both, so it goes round; but
 *     for one turn there and back `when` must have been true for `hold` and `until` for `clear-hold`, so that there are at
 *     most two reversals in each hold + clear-hold
 */

#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

#define DAY_S 86400ull

struct scenario {
        const char *name, *rules;
        struct plant plant;
        uint64_t turn_s; /* hold + clear-hold, where it goes round; 0: it does not turn back */
        bool acts;
};

static const struct scenario scenarios[] = {
        { "noise inside of the gap",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = avg(toy.pressure) > 60%\nuntil = avg(toy.pressure) < 40%\nhold = 10s\n"
          "clear-hold = 10s\ncooldown = 15s\nwithin = cpu.weight 100..1000\nthen = cpu.weight *= 1.5\non-clear = ease\n",
          { .kind = PLANT_OPEN, .load = { LOAD_CONSTANT, .level = 0.55, .noise = 0.25 } },
          0,
          true },
        { "noise across the condition, faster than hold",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = last(toy.pressure, 2s) > 60%\nhold = 20s\nclear-hold = 10s\ncooldown = 15s\n"
          "within = cpu.weight 100..1000\nthen = cpu.weight *= 1.5\n",
          { .kind = PLANT_OPEN, .load = { LOAD_OSCILLATE, .level = 0.99, .period_s = 24 } },
          0,
          false },
        { "slow waves across the condition, with the gap that a rule has by itself",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = avg(toy.pressure) > 60%\nhold = 10s\nclear-hold = 10s\ncooldown = 15s\n"
          "within = cpu.weight 100..1000\nthen = cpu.weight *= 1.5\n",
          { .kind = PLANT_OPEN, .load = { LOAD_OSCILLATE, .level = 0.7, .floor = 0.7, .period_s = 240 } },
          0,
          true },
        { "a step that stays",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = avg(toy.pressure) > 60%\nhold = 10s\nclear-hold = 10s\ncooldown = 15s\n"
          "within = cpu.max 20%..max\nthen = cpu.max *= 0.8\non-clear = ease\n",
          { .kind = PLANT_OPEN, .load = { LOAD_CONSTANT, .level = 0.9, .noise = 0.05 } },
          0,
          true },
        { "a queue that the rule brings into the gap",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = p99(toy.latency) > 6ms\nuntil = p99(toy.latency) < 1.5ms\nhold = 10s\n"
          "clear-hold = 30s\ncooldown = 15s\nwithin = cpu.weight 100..2000\nthen = cpu.weight *= 1.5\non-clear = ease\n",
          { .kind = PLANT_QUEUE, .load = { LOAD_CONSTANT, .level = 0.9, .noise = 0.05 } },
          0,
          true },
        { "a queue that the rule cures",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = p99(toy.latency) > 6ms\nhold = 10s\nclear-hold = 30s\ncooldown = 15s\n"
          "within = cpu.weight 100..2000\nthen = cpu.weight *= 4\n",
          { .kind = PLANT_QUEUE, .load = { LOAD_CONSTANT, .level = 0.9, .noise = 0.05 } },
          40,
          true },
        { "a slow plant that the rule cures, eased",
          "[rule r0]\nfor = cgroup:/s/a\nwhen = avg(toy.pressure) > 70%\nhold = 10s\nclear-hold = 30s\ncooldown = 15s\n"
          "within = cpu.weight 100..2000\nthen = cpu.weight *= 1.5\non-clear = ease\n",
          { .kind = PLANT_LAG, .load = { LOAD_CONSTANT, .level = 0.9, .noise = 0.05 }, .lag_s = 30 },
          40,
          true },
};

/* Returns how often the knob turned back. */
static uint64_t run_scenario(const struct scenario *s, unsigned seed)
{
        struct chance chance = chance_of_seed(seed);
        uint64_t reversals = 0, most = s->turn_s > 0 ? 2 * DAY_S / s->turn_s : 0;
        static struct run r;
        char what[128];

        (void) snprintf(what, sizeof(what), "%s, seed %u", s->name, seed);
        run_init(&r, &chance, what, s->rules);
        r.plants[r.n_plants++] = s->plant;
        r.plants[0].place = PLACE_A;
        run_for(&r, DAY_S);

        for (uint32_t k = 0; k < N_KNOBS; k++)
                reversals += r.invariants.trails[k][PLACE_A].reversals;
        REQUIRE(&r.machine, s->acts == (r.invariants.sets > 0), "the rule %s", s->acts ? "did nothing" : "acted");
        REQUIRE(&r.machine, reversals <= most, "turned back %llu times, at most %llu were right",
                (unsigned long long) reversals, (unsigned long long) most);
        run_to_rest(&r);
        run_clear(&r);
        return reversals;
}

int main(int argc, char **argv)
{
        unsigned n = argc > 1 ? (unsigned) strtoul(argv[1], NULL, 10) : 3;

        for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
                uint64_t most = 0;

                for (unsigned seed = 1; seed <= n; seed++) {
                        uint64_t reversals = run_scenario(&scenarios[i], seed);

                        if (reversals > most)
                                most = reversals;
                }
                (void) printf("%-72s turned back at most %4llu times a day\n", scenarios[i].name,
                              (unsigned long long) most);
        }
        return EXIT_SUCCESS;
}
