/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 *     simulate-rules [FIRST-SEED [SEEDS [HOURS]]]
 *
 * Random rules and goals on random plants, for weeks of made-up time in all. What breaks an invariant ends the program with the seed, the
 * time and the rules; `simulate-rules SEED 1` makes the same run again.
 */

#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "grammar.h"

static void add_plants(struct run *r)
{
        static const unsigned places[] = { PLACE_S, PLACE_A, PLACE_B, PLACE_C, PLACE_D };

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                r->plants[r->n_plants++] = plant_random(r->machine.chance, places[i]);
}

static void add_faults(struct run *r)
{
        struct chance *c = r->machine.chance;

        for (uint32_t k = 0; k < N_KNOBS; k++)
                for (unsigned p = 0; p < N_PLACES; p++) {
                        struct toy_knob *t = &r->machine.knobs[k][p];

                        if (pick(c, 4) > 0)
                                continue;
                        t->unit = pick(c, 2) ? 1 + pick(c, 9) : 0;
                        t->refuses = pick(c, 3) ? 0 : 3 + pick(c, 20);
                        t->slow_ns = pick(c, 3) ? 0 : (1 + pick(c, 20)) * SECOND;
                }
        r->meddles = pick(c, 2) ? 1000 + pick(c, 4000) : 0;
        r->vanishes = pick(c, 2) ? 200 + pick(c, 2000) : 0;
}

int main(int argc, char **argv)
{
        unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
        unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
        unsigned long hours = argc > 3 ? strtoul(argv[3], NULL, 10) : 4;
        uint64_t sets = 0, restores = 0, eases = 0, given = 0;
        static struct run r;

        for (unsigned long seed = first; seed < first + n; seed++) {
                struct chance chance = chance_of_seed(seed);
                char what[32], text[4096];

                (void) snprintf(what, sizeof(what), "seed %lu", seed);
                grammar_write(&chance, true, text, sizeof(text));
                run_init(&r, &chance, what, text);
                r.tick_s = 1 + pick(&chance, 3);
                add_plants(&r);
                add_faults(&r);
                run_for(&r, hours * 3600);
                run_to_rest(&r);
                sets += r.invariants.sets;
                restores += r.invariants.restores;
                eases += r.invariants.eases;
                given += r.invariants.given;
                run_clear(&r);
        }

        (void) printf("%lu seeds, %.1f days: %llu values set, %llu put back, %llu steps of easing, %llu of goals that give back\n", n,
                      (double) n * (double) (hours + 2) / 24, (unsigned long long) sets, (unsigned long long) restores,
                      (unsigned long long) eases, (unsigned long long) given);
        /* Rules that never did anything would break nothing. */
        return sets > n && restores > n / 2 && eases > n / 2 && given > n / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
