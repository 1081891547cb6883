/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <utlist.h>

#include "act/order.h"
#include "util/clock.h"
#include "util/str.h"

/* The order in which things are done, and the word on each when it is over. */

/* A knob that refuses this often in a row rests, as after a foreign write. */
#define REFUSALS_MAX 3

/* A reload of a large machine's units takes systemd its time, and nothing waits for it but the restores
 * themselves. */
#define RELOAD_TIMEOUT_USEC (30 * USEC_PER_SEC)

static void kick(struct actor *a)
{
        (void) sd_event_source_set_enabled(a->kick, SD_EVENT_ONESHOT);
}

static void on_reloaded(void *userdata, int error, const char *message, const struct unit_state *state)
{
        struct actor *a = userdata;
        struct order *o;

        a->reload = unit_call_free(a->reload);
        LL_FOREACH(a->unloaded, o)
        {
                o->reloaded = true;
                o->answer = error;
        }

        /* They go on before all others, in the order in which they came. */
        LL_CONCAT(a->unloaded, a->queue);
        a->queue = TAKE(a->unloaded);
        kick(a);
}

static void reload(struct actor *a)
{
        int r = -ENOTCONN;

        if (a->config.system_bus)
                r = unit_reload(a->config.system_bus, RELOAD_TIMEOUT_USEC, on_reloaded, a, &a->reload);
        if (r < 0)
                on_reloaded(a, r, NULL, NULL);
}

static void begin(struct order *o)
{
        if (o->reloaded)
                restore_reloaded(o, o->answer);
        else if (o->verb == ORDER_SET)
                set_begin(o);
        else
                restore_begin(o);
}

/*
 * Orders are carried out in the sequence in which they came. Whoever knows of hazards between objects
 * (parents and children) gives them in the right one.
 */
int queue_next(sd_event_source *source, void *userdata)
{
        struct actor *a = userdata;
        struct order *first = a->queue;

        if (a->current || a->reload)
                return 0;

        /* One reload for a row of restores: when the row has ended. */
        if (a->unloaded && (!first || (first->verb == ORDER_SET && !first->reloaded))) {
                reload(a);
                return 0;
        }
        if (!first)
                return 0;

        LL_DELETE(a->queue, first);
        first->next = NULL;
        a->current = first;
        begin(first);
        return 0;
}

void queue_add(struct actor *a, struct order *o)
{
        if (o->handle)
                o->handle->orders++;
        LL_APPEND(a->queue, o);
        kick(a);
}

void queue_bus_lost(struct actor *a)
{
        if (a->current)
                order_bus_lost(a->current);
        if (a->reload)
                on_reloaded(a, -ENOTCONN, NULL, NULL);
}

static void free_orders(struct order *list)
{
        struct order *o, *next;

        LL_FOREACH_SAFE(list, o, next)
        order_free(o);
}

void queue_clear(struct actor *a)
{
        free_orders(TAKE(a->queue));
        free_orders(TAKE(a->unloaded));
        a->current = order_free(a->current);
        a->reload = unit_call_free(a->reload);
}

void order_await_reload(struct order *o)
{
        struct actor *a = o->actor;

        a->current = NULL;
        LL_APPEND(a->unloaded, o);
        kick(a);
}

/* --- reporting --- */

static void remember_outcome(struct handle *h, enum outcome outcome, uint64_t backoff_ns)
{
        switch (outcome) {
        case OUTCOME_DONE:
        case OUTCOME_RESTORED:
        case OUTCOME_GONE:
                h->refusals = 0;
                break;
        case OUTCOME_REFUSED:
                if (++h->refusals < REFUSALS_MAX)
                        break;
                h->refusals = 0;
                h->rest_until_ns = monotonic_ns() + backoff_ns;
                break;
        case OUTCOME_FOREIGN:
        case OUTCOME_PINNED:
                h->refusals = 0;
                h->rest_until_ns = monotonic_ns() + backoff_ns;
                break;
        case OUTCOME_FAILED:
                break;
        }
}

static bool decode(const struct order *o, const char *raw, struct trimtab_value *ret)
{
        return raw && sysfile_decode(&o->target.form, raw, ret) >= 0;
}

static void report(struct order *o, enum outcome outcome, int error)
{
        const struct actor_config *c = &o->actor->config;
        const struct ledger_entry *e = o->entry;
        _cleanup_free_ char *via = NULL;
        struct report r = {
                .outcome = outcome,
                .error = error,
                .rule = o->rule,
                .decision = o->decision,
                .detail = o->detail,
        };

        if (o->handle) {
                r.knob = o->handle->knob;
                r.object = o->handle->object;
        }
        r.knob_name = o->handle ? o->handle->knob->name : e ? e->knob : NULL;
        r.object_name = o->handle ? o->handle->object_name : e ? e->object : NULL;
        r.have_before = decode(o, o->before, &r.before);
        r.have_after = decode(o, o->after, &r.after);
        if (o->target.unit)
                via = str_printf("unit %s %s", o->target.unit, o->target.property);
        r.via = via ?: o->target.path;

        c->report(c->userdata, &r);
}

void order_finish(struct order *o, enum outcome outcome, int error)
{
        struct actor *a = o->actor;

        if (o->undoing && (outcome == OUTCOME_RESTORED || outcome == OUTCOME_GONE)) {
                outcome = OUTCOME_REFUSED;
                error = -EIO;
        }

        if (o->handle) {
                o->handle->orders--;
                remember_outcome(o->handle, outcome, a->config.foreign_backoff_ns);
        }
        report(o, outcome, error);

        a->current = NULL;
        order_free(o);
        handles_prune(&a->handles, a->config.ledger, monotonic_ns());
        kick(a);
}
