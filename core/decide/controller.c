/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/controller.h"

#include <math.h>

#define SECOND_NS 1000000000ull

/* One that takes it up by so much did harm: no second one is needed to see that. */
#define HARMS 1.25
#define MISSES_MAX 2

/*
 * Far beyond the bound a queue is full and answers to nothing that is small: so many steps at once as would do if each took the
 * load down by a third.
 */
#define STEP_LOAD 1.5
#define STEPS_MAX 4

/* What was taken too much of, memory above all, hurts until it has been fetched back: that is no reason to give back more. */
#define RECOVERY 3

/* Rests begin here, and double up to an hour: what could not be had now will not be had in the next minute, and a
 * limit cycle of one turn an hour is none. */
#define REST_FIRST_NS (300 * SECOND_NS)
#define REST_LAST_NS (3600 * SECOND_NS)

/* Eight times the settle time: what takes longer to show no attempt of minutes can find out. */
#define PATIENCE_MAX 3

const char *controller_phase_name(enum controller_phase p)
{
        static const char *const names[] = {
                [CONTROLLER_IDLE] = "idle",     [CONTROLLER_ACTING] = "acting", [CONTROLLER_HOLDING] = "holding",
                [CONTROLLER_EASING] = "easing", [CONTROLLER_STUCK] = "stuck",
        };

        return names[p];
}

static const struct controller_order nothing = { .verb = CONTROLLER_NOTHING };

static void enter(struct controller *c, enum controller_phase phase, uint64_t now_ns)
{
        if (c->phase == phase)
                return;
        c->phase = phase;
        c->since_ns = now_ns;
}

static uint64_t longer(uint64_t rest_ns)
{
        if (rest_ns == 0)
                return REST_FIRST_NS;
        return rest_ns * 2 < REST_LAST_NS ? rest_ns * 2 : REST_LAST_NS;
}

static void take_lever(struct controller *c, size_t lever)
{
        c->lever = lever;
        c->stepped = false;
        c->misses = 0;
        c->best = NAN;
}

static bool holds_any(const struct controller_config *config, const struct controller_lever *levers)
{
        for (size_t i = 0; i < config->n_levers; i++)
                if (levers[i].held)
                        return true;
        return false;
}

/* --- violated --- */

/* What the last step brought. True: the lever goes back. */
static bool judge(struct controller *c, double load, struct controller_order *ret)
{
        c->stepped = false;
        *ret = (struct controller_order){ .verb = CONTROLLER_MARK, .lever = c->lever };
        if (load <= c->best * CONTROLLER_HELPS) {
                c->best = load;
                c->misses = 0;
                return true;
        }

        c->misses = load > c->before * HARMS ? MISSES_MAX : c->misses + 1;
        ret->verb = CONTROLLER_BACK;
        return c->misses >= MISSES_MAX;
}

/* The ease that is not borne is taken back; the next one waits. */
static bool broke(struct controller *c, uint64_t now_ns)
{
        bool lately = c->eased_at_ns > 0 && now_ns - c->eased_at_ns < REST_FIRST_NS && c->violated_at_ns < c->eased_at_ns;
        bool easing = c->easing;

        if (lately) {
                c->ease_rest_ns = longer(c->ease_rest_ns);
                c->ease_rest_until_ns = now_ns + c->ease_rest_ns;
        }
        c->violated_at_ns = now_ns;
        c->easing = false;
        return easing;
}

static unsigned steps_for(double load)
{
        unsigned n = 1;

        while (n < STEPS_MAX && load >= STEP_LOAD) {
                load /= STEP_LOAD;
                n++;
        }
        return n;
}

static struct controller_order violated(struct controller *c, const struct controller_config *config,
                                        const struct controller_lever *levers, uint64_t now_ns, double load)
{
        struct controller_order order;

        c->margin_since_ns = 0;
        if (broke(c, now_ns)) {
                enter(c, CONTROLLER_ACTING, now_ns);
                take_lever(c, 0);
                return (struct controller_order){ .verb = CONTROLLER_BACK, .lever = c->eased };
        }
        if (now_ns < c->wait_until_ns)
                return nothing;
        if (c->phase != CONTROLLER_ACTING) {
                enter(c, CONTROLLER_ACTING, now_ns);
                take_lever(c, 0);
        }

        if (c->stepped && judge(c, load, &order))
                return order;
        while (c->lever < config->n_levers && levers[c->lever].useless_until_ns > now_ns)
                take_lever(c, c->lever + 1);
        if (c->lever < config->n_levers)
                return (struct controller_order){ CONTROLLER_STEP, c->lever, steps_for(load) };
        return (struct controller_order){ .verb = CONTROLLER_RELEASE };
}

/* --- met --- */

bool controller_easable(const struct controller_config *config, const struct controller_lever *levers, size_t *ret)
{
        for (size_t i = config->n_levers; i-- > 0;)
                if (levers[i].held && !levers[i].takes) {
                        *ret = i;
                        return true;
                }
        for (size_t i = 0; i < config->n_levers; i++)
                if (levers[i].takes) {
                        *ret = i;
                        return true;
                }
        return false;
}

/* How long it must go well before the next ease of that lever. */
static uint64_t ease_interval(const struct controller_config *config, const struct controller_lever *lever)
{
        return lever->takes ? config->settle_ns : config->ease_after_ns;
}

static void accept_ease(struct controller *c, const struct controller_config *config,
                        const struct controller_lever *levers, uint64_t now_ns)
{
        uint64_t interval_ns = ease_interval(config, &levers[c->eased]);

        /* Without margin it is borne just so. */
        if (c->easing && now_ns - c->eased_at_ns >= (c->margin_since_ns > 0 ? interval_ns : 2 * interval_ns))
                c->easing = false;
        if (c->ease_rest_ns > 0 && now_ns - c->violated_at_ns > 2 * c->ease_rest_ns)
                c->ease_rest_ns = 0;
        if (c->stuck_rest_ns > 0 && now_ns - c->violated_at_ns > 2 * c->stuck_rest_ns)
                c->stuck_rest_ns = c->patience = 0;
}

static struct controller_order met(struct controller *c, const struct controller_config *config,
                                   const struct controller_lever *levers, uint64_t now_ns, double load)
{
        size_t lever;

        if (c->stepped) {
                c->stepped = false;
                c->misses = 0;
                return (struct controller_order){ .verb = CONTROLLER_MARK, .lever = c->lever };
        }

        if (load > CONTROLLER_MARGIN)
                c->margin_since_ns = 0;
        else if (c->margin_since_ns == 0)
                c->margin_since_ns = now_ns;
        accept_ease(c, config, levers, now_ns);
        if (!c->easing)
                enter(c, holds_any(config, levers) ? CONTROLLER_HOLDING : CONTROLLER_IDLE, now_ns);

        if (c->margin_since_ns == 0 || c->easing || now_ns < c->wait_until_ns || now_ns < c->ease_rest_until_ns ||
            !controller_easable(config, levers, &lever) ||
            now_ns - c->margin_since_ns < ease_interval(config, &levers[lever]))
                return nothing;
        return (struct controller_order){ .verb = CONTROLLER_EASE, .lever = lever };
}

struct controller_order controller_look(struct controller *c, const struct controller_config *config,
                                        struct controller_lever *levers, uint64_t now_ns, double load)
{
        /* Blind: neither loosen nor tighten, and what was going well must show so anew. */
        if (isnan(load)) {
                c->margin_since_ns = 0;
                return nothing;
        }
        return load > 1 ? violated(c, config, levers, now_ns, load) : met(c, config, levers, now_ns, load);
}

/* --- what became of it --- */

static void step_done(struct controller *c, const struct controller_config *config,
                      const struct controller_lever *lever, uint64_t now_ns, double load, bool moved)
{
        /* At its bound, or not to be had now. What it brought stays. */
        if (!moved) {
                take_lever(c, c->lever + 1);
                return;
        }
        /* What was taken is given back whether or not that helps. */
        c->stepped = !lever->takes;
        if (isnan(c->best))
                c->best = load;
        c->before = load;
        c->wait_until_ns = now_ns + (config->settle_ns << c->patience);
        c->n_steps++;
}

static void back_done(struct controller *c, const struct controller_config *config, struct controller_lever *lever,
                      uint64_t now_ns, bool moved)
{
        if (moved)
                c->wait_until_ns = now_ns + config->settle_ns * (lever->takes ? RECOVERY : 1);
        if (c->misses < MISSES_MAX)
                return;

        /* It was at hand and did not help. */
        lever->useless_ns = longer(lever->useless_ns);
        lever->useless_until_ns = now_ns + lever->useless_ns;
        take_lever(c, c->lever + 1);
}

static void ease_done(struct controller *c, const struct controller_config *config, size_t lever, uint64_t now_ns,
                      bool moved)
{
        /* One that takes is at its end: no reason to ask each tick. */
        c->margin_since_ns = now_ns;
        if (!moved)
                return;
        c->eased = lever;
        c->eased_at_ns = now_ns;
        c->easing = true;
        c->wait_until_ns = now_ns + config->settle_ns;
        enter(c, CONTROLLER_EASING, now_ns);
}

static void release_done(struct controller *c, const struct controller_config *config,
                         struct controller_lever *levers, uint64_t now_ns)
{
        c->stuck_rest_ns = longer(c->stuck_rest_ns);
        c->wait_until_ns = now_ns + c->stuck_rest_ns;
        if (c->patience < PATIENCE_MAX)
                c->patience++;
        take_lever(c, 0);
        for (size_t i = 0; i < config->n_levers; i++)
                levers[i].useless_until_ns = levers[i].useless_ns = 0;
        enter(c, CONTROLLER_STUCK, now_ns);
}

void controller_done(struct controller *c, const struct controller_config *config, struct controller_lever *levers,
                     const struct controller_order *order, uint64_t now_ns, double load, bool moved)
{
        switch (order->verb) {
        case CONTROLLER_NOTHING:
        case CONTROLLER_MARK:
                break;
        case CONTROLLER_STEP:
                step_done(c, config, &levers[order->lever], now_ns, load, moved);
                break;
        case CONTROLLER_BACK:
                back_done(c, config, &levers[order->lever], now_ns, moved);
                break;
        case CONTROLLER_EASE:
                ease_done(c, config, order->lever, now_ns, moved);
                break;
        case CONTROLLER_RELEASE:
                release_done(c, config, levers, now_ns);
                break;
        }
}
