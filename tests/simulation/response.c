/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "response.h"

#include <math.h>

/* What it uses when nothing limits it. */
#define MEMORY_ALL 0x1p30

/* How fast waits grow when the limit cuts into the working set. */
#define MEMORY_STEEP 20.0

/* How much for us a knob has been turned, as the logarithm of a ratio. */
static double turned(const struct effect *e, const struct machine *m, unsigned place)
{
        double x = log(m->knobs[e->knob][e->place].now.number / 100);

        return e->place == place ? x : -x;
}

static double factor_of(const struct effect *e, const struct machine *m, unsigned place)
{
        switch (e->kind) {
        case EFFECT_HELPS:
                return exp(-e->power * turned(e, m, place));
        case EFFECT_SATURATES:
                return exp(-e->power * fmin(turned(e, m, place), log(e->reach)));
        case EFFECT_HARMS:
                return exp(e->power * turned(e, m, place));
        case EFFECT_NONE:
        case EFFECT_MEMORY:
                break;
        }
        return 1;
}

static double refetched(const struct effect *e, const struct machine *m)
{
        double limit = m->knobs[e->knob][e->place].now.number;

        return e->kind == EFFECT_MEMORY && limit < e->reach ? MEMORY_STEEP * (e->reach / limit - 1) : 0;
}

/* Nearly normal, of variance 1. */
static double noise(struct chance *c)
{
        double sum = 0;

        for (unsigned i = 0; i < 12; i++)
                sum += (double) pick(c, 1001) / 1000;
        return sum - 6;
}

static double memory_used(const struct response *p, const struct machine *m)
{
        return fmin(MEMORY_ALL, m->knobs[KNOB_MEMORY][p->place].now.number);
}

/* The load now, as it will be felt after the dead time. */
static double target(const struct response *p, const struct machine *m, double t_s)
{
        double y = load_at(&p->load, m->chance, t_s);

        for (size_t i = 0; i < p->n_effects; i++)
                y = y * factor_of(&p->effects[i], m, p->place) + refetched(&p->effects[i], m);
        return p->full > 0 ? fmin(y, p->full) : y;
}

void response_run(struct response *p, struct machine *m, bool quiet)
{
        double y = quiet ? 0 : target(p, m, (double) (m->view.now_ns - m->began_ns) / 1e9);
        uint64_t key = m->keys[p->place], now_ns = m->view.now_ns;

        p->past[p->seconds % DEAD_MAX_S] = y;
        y = p->past[(p->seconds + DEAD_MAX_S - (p->dead_s < p->seconds ? p->dead_s : p->seconds)) %
                    DEAD_MAX_S];
        p->truth =
                p->seconds == 0 || p->lag_s <= 0 ? y : p->truth + (y - p->truth) * (1 - exp(-1 / p->lag_s));
        p->seconds++;

        if (p->loses > 0 && !quiet && once_in(m->chance, p->loses))
                p->lost_until_ns = now_ns + (1 + pick(m->chance, 120)) * SECOND;
        if (m->gone[p->place] || now_ns < p->lost_until_ns)
                return;
        p->seen_ns = now_ns;
        (void) store_put(m->store, METRIC_PRESSURE, key, now_ns,
                         fmax(0, RESPONSE_BOUND * p->truth * (1 + p->noise * noise(m->chance))));
        (void) store_put(m->store, METRIC_MEMORY, key, now_ns, memory_used(p, m));
}
