/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plant.h"

#include <math.h>

/* The wait of a request that finds the queue empty; no wait is longer than the other one. */
#define WAIT_NS 1e6
#define WAIT_MAX_NS 2e9
#define REQUESTS_PER_SECOND 100

/* 0..1 */
static double shape(enum load_kind kind, double phase)
{
        switch (kind) {
        case LOAD_CONSTANT:
                return 1;
        case LOAD_STEP:
                return phase < 0.5 ? 1 : 0;
        case LOAD_RAMP:
                return 1 - fabs(2 * phase - 1);
        case LOAD_OSCILLATE:
                return (1 - cos(2 * M_PI * phase)) / 2;
        }
        return 0;
}

double load_at(const struct load *l, struct chance *c, double t_s)
{
        double phase = l->period_s > 0 ? fmod(t_s, l->period_s) / l->period_s : 0, noise;

        noise = l->noise > 0 ? l->noise * ((double) pick(c, 2001) / 1000 - 1) : 0;
        return l->level * (l->floor + (1 - l->floor) * shape(l->kind, phase)) * (1 + noise);
}

/* What the knobs give it, beside what it had at first: 2 is twice as much. */
static double share_of(const struct plant *p, const struct machine *m)
{
        double share = m->knobs[KNOB_WEIGHT][p->place].now.number / 100, max = m->knobs[KNOB_MAX][p->place].now.number;

        if (isfinite(max))
                share = fmin(share, max / 100);
        return fmax(share, 0.01);
}

/* How hard it is pressed, 0..1. */
static double pressure_of(struct plant *p, const struct machine *m, double load, double seconds)
{
        double target = p->kind == PLANT_OPEN ? load : load / share_of(p, m);

        target = fmin(target, 0.999);
        if (p->kind == PLANT_LAG)
                p->shown += (target - p->shown) * (1 - exp(-seconds / p->lag_s));
        else
                p->shown = target;
        return p->shown;
}

static void put_latencies(struct plant *p, struct machine *m, uint64_t key, double pressure, double seconds)
{
        double wait_ns = fmin(WAIT_NS / (1 - pressure), WAIT_MAX_NS);

        /* A spread of waits, from half to twice the mean. */
        for (unsigned i = 0; i < REQUESTS_PER_SECOND / 10; i++) {
                double wait = wait_ns * (0.5 + 1.5 * i / (REQUESTS_PER_SECOND / 10));

                p->slots[trimtab_hist_slot((uint64_t) wait)] += (uint64_t) ceil(10 * seconds);
        }
        (void) store_put_histogram(m->store, METRIC_LATENCY, key, m->view.now_ns, p->slots, TRIMTAB_HIST_SLOTS, NAN);
}

void plant_run(struct plant *p, struct machine *m, double seconds, bool quiet)
{
        double t_s = (double) (m->view.now_ns - m->began_ns) / 1e9, load, pressure;
        uint64_t key = m->keys[p->place], now_ns = m->view.now_ns;

        if (m->gone[p->place])
                return;
        load = quiet ? 0 : load_at(&p->load, m->chance, t_s);
        pressure = pressure_of(p, m, load, seconds);
        p->runtime_ns += fmin(load, share_of(p, m)) * seconds * 1e9;

        if (p->loses > 0 && !quiet && once_in(m->chance, p->loses))
                p->lost_until_ns = now_ns + (1 + pick(m->chance, 120)) * SECOND;
        if (now_ns < p->lost_until_ns)
                return;
        (void) store_put(m->store, METRIC_RUNTIME, key, now_ns, p->runtime_ns);
        (void) store_put(m->store, METRIC_PRESSURE, key, now_ns, 100 * pressure);
        (void) store_put(m->store, METRIC_MEMORY, key, now_ns, (1 + load) * 0x1p30);
        if (load > 0)
                put_latencies(p, m, key, pressure, seconds);
        (void) store_put(m->store, METRIC_LOAD, TRIMTAB_HOST_OBJECT, now_ns, load);
}

struct plant plant_random(struct chance *c, unsigned place)
{
        return (struct plant){
                .place = place,
                .kind = (enum plant_kind) pick(c, 3),
                .load = { .kind = (enum load_kind) pick(c, 4),
                          .level = 0.2 + pick(c, 200) / 100.0,
                          .noise = pick(c, 2) ? pick(c, 30) / 100.0 : 0,
                          .period_s = 60 * (1 + pick(c, 60)) },
                .lag_s = 1 + pick(c, 60),
                .loses = pick(c, 3) ? 0 : 500 + pick(c, 2000),
        };
}
