/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Bytes choose a set of rules, what runs on the simulated machine, what its knobs do with what they are told, and what comes
 * and goes, tick by tick. The invariants are those of the simulator, and when the rules are gone, nothing of theirs is left.
 */

#include "fuzz.h"

#include "driver.h"
#include "grammar.h"

/* A rest that a person orders is longer than a tick: it would not be seen. */
enum { TICKS_MAX = 300, TICKS_TO_REST = 60, TICK_MAX_S = 40 };

static void choose_plants(struct run *r)
{
        static const unsigned places[] = { PLACE_A, PLACE_B, PLACE_D };

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                r->plants[r->n_plants++] = plant_random(r->machine.chance, places[i]);
}

static void choose_faults(struct run *r)
{
        struct chance *c = r->machine.chance;

        for (unsigned i = pick(c, 4); i > 0; i--) {
                struct toy_knob *k = &r->machine.knobs[pick(c, N_KNOBS)][pick(c, N_PLACES)];

                k->unit = pick(c, 10);
                k->refuses = pick(c, 8);
                k->slow_ns = pick(c, 12) * SECOND;
        }
        r->meddles = pick(c, 64);
        r->vanishes = pick(c, 64);
}

/* Once in a while a person takes something back. */
static void interfere(struct run *r)
{
        struct machine *m = &r->machine;
        struct oid object;
        unsigned place;

        if (!once_in(m->chance, 32))
                return;
        place = pick(m->chance, N_PLACES);
        object = machine_object(m, place);
        engine_release(m->engine, NULL, place == PLACE_ROOT ? NULL : &object,
                       m->view.now_ns + (TICK_MAX_S + 1 + pick(m->chance, 60)) * SECOND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct chance chance = chance_of_bytes(data, size);
        static struct run r;
        char text[4096];

        grammar_write(&chance, false, text, sizeof(text));
        run_init(&r, &chance, "input", text);
        choose_plants(&r);
        choose_faults(&r);

        for (unsigned i = 0; i < TICKS_MAX && chance_lasts(&chance); i++) {
                r.tick_s = 1 + pick(&chance, TICK_MAX_S);
                interfere(&r);
                run_tick(&r);
        }

        /* Long enough for every knob that is busy or rests. */
        r.quiet = true;
        r.tick_s = 30;
        machine_rules(&r.machine, "");
        invariants_init(&r.invariants, &r.machine);
        for (unsigned i = 0; i < TICKS_TO_REST; i++)
                run_tick(&r);
        invariants_at_rest(&r.invariants, &r.machine);
        run_clear(&r);
        return 0;
}
