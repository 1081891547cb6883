/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/controller.h"

#include <math.h>

#include "decide/controller-ease.h"

/*
 * One that takes it up by so much did harm: no second one is needed to see that. Of a lever that has helped in this attempt one is: it may
 * have been a noisy window.
 */
#define HARMS 1.25
#define MISSES_MAX 2

/*
 * Far beyond the bound a queue is full and answers to nothing that is small: so many steps at once as would
 * do if each took the load down by a third.
 */
#define STEP_LOAD 1.5
#define STEPS_MAX 4
/* When an attempt has had no answer at all, for better or worse, it may have been too full for that as well:
 * so many the next time. */
#define LEAP 8

/* What was taken too much of, memory above all, hurts until it has been fetched back: that is no reason to
 * give back more. */
#define RECOVERY 3

static uint64_t recovery_ns(const struct controller_config *config, const struct controller_lever *lever)
{
        return config->settle_ns * (lever->takes ? RECOVERY : 1);
}

/* Eight times the settle time: what takes longer to show no attempt of minutes can find out. */
#define PATIENCE_MAX 3

const char *controller_phase_name(enum controller_phase p)
{
        static const char *const names[] = {
                [CONTROLLER_IDLE] = "idle",       [CONTROLLER_ACTING] = "acting",
                [CONTROLLER_HOLDING] = "holding", [CONTROLLER_EASING] = "easing",
                [CONTROLLER_STUCK] = "stuck",
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

static void take_lever(struct controller *c, size_t lever)
{
        c->lever = lever;
        c->stepped = false;
        c->misses = 0;
        c->helps = c->has_helped = false;
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
                c->helps = c->has_helped = true;
                c->answered = true;
                c->leaps = false;
                return true;
        }

        c->helps = false;
        c->misses++;
        ret->verb = CONTROLLER_BACK;
        if (load > c->before * HARMS) {
                c->misses = c->has_helped ? c->misses : MISSES_MAX;
                c->answered = true;
                return true;
        }
        return c->misses >= MISSES_MAX;
}

static unsigned steps_for(const struct controller *c, double load)
{
        unsigned n = 1;

        if (c->leaps)
                return LEAP;
        while (n < STEPS_MAX && load >= STEP_LOAD) {
                load /= STEP_LOAD;
                n++;
        }
        return n;
}

/*
 * Newly violated: a window that is half full of what has come shows half of it, and the first step would be
 * blamed for the rest; or it was a peak, and is over. Only what we took ourselves is given back without a
 * second look.
 */
static bool begins(struct controller *c, const struct controller_config *config,
                   const struct controller_lever *levers, uint64_t now_ns)
{
        bool at_once = c->phase == CONTROLLER_STUCK || (levers[0].takes && levers[0].held);

        if (c->phase == CONTROLLER_ACTING)
                return false;
        enter(c, CONTROLLER_ACTING, now_ns);
        take_lever(c, 0);
        if (at_once || now_ns - c->violated_since_ns >= config->settle_ns)
                return false;
        c->wait_until_ns = c->violated_since_ns + config->settle_ns;
        return true;
}

static struct controller_order violated(struct controller *c, const struct controller_config *config,
                                        const struct controller_lever *levers, uint64_t now_ns, double load)
{
        struct controller_order order;

        c->margin_since_ns = c->low_since_ns = 0;
        if (c->violated_since_ns == 0)
                c->violated_since_ns = now_ns;
        if (ease_broke(c, now_ns)) {
                enter(c, CONTROLLER_ACTING, now_ns);
                take_lever(c, 0);
                return (struct controller_order){ .verb = CONTROLLER_BACK, .lever = c->eased };
        }
        if (now_ns < c->wait_until_ns || begins(c, config, levers, now_ns))
                return nothing;
        if (c->stepped && judge(c, load, &order))
                return order;
        while (c->lever < config->n_levers && levers[c->lever].useless_until_ns > now_ns)
                take_lever(c, c->lever + 1);
        if (c->lever < config->n_levers)
                return (struct controller_order){ CONTROLLER_STEP, c->lever, steps_for(c, load) };
        return (struct controller_order){ .verb = CONTROLLER_RELEASE };
}

/* --- met --- */

static struct controller_order met(struct controller *c, const struct controller_config *config,
                                   const struct controller_lever *levers, uint64_t now_ns, double load)
{
        size_t lever;

        c->violated_since_ns = 0;
        if (c->stepped) {
                c->stepped = false;
                c->misses = 0;
                c->answered = true;
                c->leaps = false;
                return (struct controller_order){ .verb = CONTROLLER_MARK, .lever = c->lever };
        }

        ease_look(c, config, levers, now_ns, load);
        if (c->stuck_rest_ns > 0 && now_ns - c->violated_at_ns > 2 * c->stuck_rest_ns)
                c->stuck_rest_ns = c->patience = 0;
        if (!c->easing)
                enter(c, holds_any(config, levers) ? CONTROLLER_HOLDING : CONTROLLER_IDLE, now_ns);

        if (c->easing || now_ns < c->wait_until_ns || !controller_easable(config, levers, &lever) ||
            now_ns < controller_ease_at_ns(c, config, &levers[lever]))
                return nothing;
        return (struct controller_order){ .verb = CONTROLLER_EASE,
                                          .lever = lever,
                                          .part = ease_part(c, config, &levers[lever], now_ns) };
}

struct controller_order controller_look(struct controller *c, const struct controller_config *config,
                                        struct controller_lever *levers, uint64_t now_ns, double load)
{
        /* Blind: neither loosen nor tighten, and what was going well must show so anew. */
        if (isnan(load)) {
                c->margin_since_ns = c->low_since_ns = c->violated_since_ns = 0;
                c->sees = false;
                return nothing;
        }
        /* The first sample alone says little. */
        if (!c->sees) {
                c->sees = true;
                if (c->wait_until_ns < now_ns + config->settle_ns)
                        c->wait_until_ns = now_ns + config->settle_ns;
        }
        return load > 1 ? violated(c, config, levers, now_ns, load) : met(c, config, levers, now_ns, load);
}

/* --- what became of it --- */

static void step_done(struct controller *c, const struct controller_config *config,
                      const struct controller_lever *lever, uint64_t now_ns, double load, bool moved)
{
        /* At its bound, or not to be had now. What it brought stays, and what it may still bring is waited
         * for. */
        if (!moved && !c->helps) {
                take_lever(c, c->lever + 1);
                return;
        }
        /* What was taken is given back whether or not that helps. */
        c->stepped = !lever->takes;
        if (isnan(c->best))
                c->best = load;
        c->before = load;
        c->wait_until_ns = now_ns + (recovery_ns(config, lever) << c->patience);
        c->helps = false;
        c->n_steps += moved;
}

static void back_done(struct controller *c, const struct controller_config *config,
                      struct controller_lever *lever, uint64_t now_ns, bool moved)
{
        if (moved)
                c->wait_until_ns = now_ns + recovery_ns(config, lever);
        if (c->misses < MISSES_MAX)
                return;

        /* It was at hand and did not help. */
        lever->useless_ns = rest_longer(lever->useless_ns);
        lever->useless_until_ns = now_ns + lever->useless_ns;
        take_lever(c, c->lever + 1);
}

static void release_done(struct controller *c, const struct controller_config *config,
                         struct controller_lever *levers, uint64_t now_ns)
{
        c->stuck_rest_ns = rest_longer(c->stuck_rest_ns);
        c->wait_until_ns = now_ns + c->stuck_rest_ns;
        c->patience += c->patience < PATIENCE_MAX;
        c->leaps = !c->answered;
        c->answered = false;
        take_lever(c, 0);
        for (size_t i = 0; i < config->n_levers; i++)
                levers[i].useless_until_ns = levers[i].useless_ns = 0;
        enter(c, CONTROLLER_STUCK, now_ns);
}

void controller_done(struct controller *c, const struct controller_config *config,
                     struct controller_lever *levers, const struct controller_order *order, uint64_t now_ns,
                     double load, bool moved)
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
                ease_done(c, config, levers, order->lever, now_ns, load, moved);
                if (moved)
                        enter(c, CONTROLLER_EASING, now_ns);
                break;
        case CONTROLLER_RELEASE:
                release_done(c, config, levers, now_ns);
                break;
        }
}
