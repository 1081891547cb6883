/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver.h"

/* The longest that anything goes on after the load: a guard's rest of an hour, and then easing. */
#define TO_REST_S (2 * 3600)

void run_init(struct run *r, struct chance *chance, const char *what, const char *text)
{
        *r = (struct run){ .tick_s = 1 };
        machine_init(&r->machine, chance, what);
        machine_rules(&r->machine, text);
        invariants_init(&r->invariants, &r->machine);
}

void run_clear(struct run *r)
{
        machine_clear(&r->machine);
}

/* What else happens on a machine. */
static void befall(struct run *r)
{
        struct machine *m = &r->machine;

        if (r->meddles > 0 && once_in(m->chance, r->meddles)) {
                unsigned place = pick(m->chance, PLACE_HOST);

                if (!m->gone[place])
                        machine_meddle(m, pick(m->chance, KNOB_RATIO), place);
        }
        if (r->vanishes > 0 && once_in(m->chance, r->vanishes)) {
                static const unsigned leaves[] = { PLACE_A, PLACE_B, PLACE_C, PLACE_D };
                unsigned place = leaves[pick(m->chance, 4)];

                if (m->gone[place])
                        machine_return(m, place);
                else
                        machine_remove(m, place);
        }
}

static int want(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        struct machine *m = userdata;

        REQUIRE(m, metric < N_METRICS && window_ns > 0, "something is wanted that there is not");
        store_keep(m->store, metric, window_ns);
        return 0;
}

void run_tick(struct run *r)
{
        struct machine *m = &r->machine;

        m->view.now_ns += r->tick_s * SECOND;
        if (!r->quiet)
                befall(r);
        REQUIRE(m, engine_wants(m->engine, &m->view, want, m) == 0, "out of memory");
        for (size_t i = 0; i < r->n_plants; i++)
                plant_run(&r->plants[i], m, r->tick_s, r->quiet);

        for (size_t i = 0; i < r->n_responses; i++)
                response_run(&r->responses[i], m, r->quiet);

        invariants_before(&r->invariants, m);
        REQUIRE(m, engine_tick(m->engine, &m->view, &m->decisions) == 0, "out of memory");
        invariants_decided(&r->invariants, m);
        machine_apply(m);
        invariants_applied(&r->invariants, m);
}

void run_for(struct run *r, uint64_t seconds)
{
        for (uint64_t t = 0; t < seconds; t += r->tick_s)
                run_tick(r);
}

void run_to_rest(struct run *r)
{
        r->quiet = true;
        for (unsigned p = 0; p < N_PLACES; p++)
                if (r->machine.gone[p])
                        machine_return(&r->machine, p);
        run_for(r, TO_REST_S);
        invariants_at_rest(&r->invariants, &r->machine);
}
