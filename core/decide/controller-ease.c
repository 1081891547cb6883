/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/controller-ease.h"

#include <math.h>

#define SECOND_NS 1000000000ull

/*
 * What is given back of the way: about a step where the load is near the bound, and where that was not borne
 * half of it the next time. A load that has been low for a while bears half of the way.
 */
#define EASE_NEAR 0.25
#define CARE_MAX 1
#define LOW 0.5
#define EASE_LOW 0.5

/*
 * A load this far below the one from which giving back was not borne is another load: it need not wait for
 * the rest to end. What is next to nothing is no further below: a handful of such loads after each other, and
 * then the rest counts.
 */
#define OTHER_LOAD (2.0 / 3)
#define NEXT_TO_NOTHING 0.05

/* Rests begin here, and double up to an hour: what could not be had now will not be had in the next minute,
 * and a limit cycle of one turn an hour is none. */
#define REST_FIRST_NS (300 * SECOND_NS)
#define REST_LAST_NS (3600 * SECOND_NS)
/* Near the bound it was noise that broke it, and there is little to be had back: two attempts an hour at
 * most. */
#define NEAR_REST_NS (1800 * SECOND_NS)

uint64_t rest_longer(uint64_t rest_ns)
{
        if (rest_ns == 0)
                return REST_FIRST_NS;
        return rest_ns * 2 < REST_LAST_NS ? rest_ns * 2 : REST_LAST_NS;
}

bool controller_easable(const struct controller_config *config, const struct controller_lever *levers,
                        size_t *ret)
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

/* --- what was missed --- */

/*
 * For how long what goes wrong after an ease is taken for its fault. Near the bound noise takes its time to
 * show it, and a cycle of an hour is none; what was eased at a low load is borne or not at once, and later it
 * is the load that came back.
 */
static uint64_t blamed_ns(const struct controller *c)
{
        uint64_t least_ns = c->eased_low ? REST_FIRST_NS : REST_LAST_NS;

        return 2 * c->ease_rest_ns > least_ns ? 2 * c->ease_rest_ns : least_ns;
}

bool ease_broke(struct controller *c, uint64_t now_ns)
{
        bool lately = c->eased_at_ns > c->violated_at_ns && now_ns - c->eased_at_ns < blamed_ns(c);
        bool easing = c->easing;

        if (lately) {
                c->ease_rest_ns = rest_longer(c->ease_rest_ns);
                if (!c->eased_low && !c->eased_takes && c->ease_rest_ns < NEAR_REST_NS)
                        c->ease_rest_ns = NEAR_REST_NS;
                c->ease_rest_until_ns = now_ns + c->ease_rest_ns;
                c->care += c->care < CARE_MAX;
                c->broke_load = c->eased_load;
        }
        c->violated_at_ns = c->relented_at_ns = now_ns;
        c->easing = false;
        return easing;
}

/* What goes well long enough makes the next rest shorter again, by and by: a good hour now and then is not
 * the end of noise. */
static void relent(struct controller *c, uint64_t now_ns)
{
        if (c->ease_rest_ns == 0 || now_ns - c->relented_at_ns < blamed_ns(c))
                return;
        c->ease_rest_ns = c->ease_rest_ns > REST_FIRST_NS ? c->ease_rest_ns / 2 : 0;
        c->care -= c->care > 0;
        c->relented_at_ns = now_ns;
}

/* --- how it goes --- */

static void accept_ease(struct controller *c, const struct controller_config *config,
                        const struct controller_lever *levers, uint64_t now_ns)
{
        uint64_t interval_ns = ease_interval(config, &levers[c->eased]);

        /* Without margin it is borne just so. */
        if (c->easing && now_ns - c->eased_at_ns >= (c->margin_since_ns > 0 ? interval_ns : 2 * interval_ns))
                c->easing = false;
}

/* Below that it is worth a try to give back in spite of rest and care. */
static double low_load(const struct controller *c, uint64_t now_ns)
{
        bool rests = now_ns < c->ease_rest_until_ns;

        return rests ? fmin(LOW, c->broke_load * OTHER_LOAD - NEXT_TO_NOTHING) : LOW;
}

static void watch_margin(struct controller *c, uint64_t now_ns, double load)
{
        if (load > CONTROLLER_MARGIN)
                c->margin_since_ns = 0;
        else if (c->margin_since_ns == 0)
                c->margin_since_ns = now_ns;

        if (load > low_load(c, now_ns))
                c->low_since_ns = 0;
        else if (c->low_since_ns == 0)
                c->low_since_ns = now_ns;
}

/* When it will have been so low for long enough; UINT64_MAX: it is not. */
static uint64_t low_at_ns(const struct controller *c, uint64_t interval_ns)
{
        return c->low_since_ns > 0 ? c->low_since_ns + interval_ns : UINT64_MAX;
}

uint64_t controller_ease_at_ns(const struct controller *c, const struct controller_config *config,
                               const struct controller_lever *lever)
{
        uint64_t interval_ns = ease_interval(config, lever), rested_ns = c->ease_rest_until_ns;
        uint64_t margin_ns = c->margin_since_ns + interval_ns, low_ns = low_at_ns(c, interval_ns);

        if (c->margin_since_ns == 0)
                return UINT64_MAX;
        if (!lever->takes && low_ns < rested_ns)
                rested_ns = low_ns;
        return margin_ns > rested_ns ? margin_ns : rested_ns;
}

void ease_look(struct controller *c, const struct controller_config *config,
               const struct controller_lever *levers, uint64_t now_ns, double load)
{
        watch_margin(c, now_ns, load);
        accept_ease(c, config, levers, now_ns);
        relent(c, now_ns);
}

double ease_part(const struct controller *c, const struct controller_config *config,
                 const struct controller_lever *lever, uint64_t now_ns)
{
        bool low = now_ns >= low_at_ns(c, ease_interval(config, lever));

        return low ? EASE_LOW : EASE_NEAR / (1u << c->care);
}

void ease_done(struct controller *c, const struct controller_config *config,
               const struct controller_lever *levers, size_t lever, uint64_t now_ns, double load, bool moved)
{
        bool low = now_ns >= low_at_ns(c, ease_interval(config, &levers[lever]));

        /* The next one waits anew; that one that takes is at its end is no reason to ask each tick. */
        c->margin_since_ns = now_ns;
        if (c->low_since_ns > 0)
                c->low_since_ns = now_ns;
        if (!moved)
                return;
        c->eased = lever;
        c->eased_at_ns = now_ns;
        c->eased_load = load;
        c->eased_low = low;
        c->eased_takes = levers[lever].takes;
        c->easing = true;
        c->wait_until_ns = now_ns + config->settle_ns;
}
