/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "act/arrange.h"
#include "act/batch.h"
#include "act/hazard.h"
#include "act/look.h"
#include "act/order.h"
#include "act/owed.h"
#include "act/reloads.h"
#include "act/refusal.h"
#include "act/slow.h"
#include "util/clock.h"
#include "util/str.h"

/* The order in which things are done, and the word on each when it is over. */

/* A knob that refuses this often in a row rests, as after a foreign write. */
#define REFUSALS_MAX 3

/* Below the boundary of a delegated subtree one that was given up this often is left alone for good. */
#define FOREIGN_MAX 2

/* A reload of a large machine's units takes systemd its time, and nothing waits for it but the restores
 * themselves. */
#define RELOAD_TIMEOUT_USEC (30 * USEC_PER_SEC)

void queue_kick(struct actor *a)
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
        queue_kick(a);
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
        if (slow_holds_up(o))
                return;
        if (o->reloaded) {
                restore_reloaded(o, o->answer);
                return;
        }

        switch (o->verb) {
        case ORDER_SET:
                set_begin(o);
                break;
        case ORDER_RESTORE:
                restore_begin(o);
                break;
        case ORDER_VERIFY:
                reapply_begin(o);
                break;
        case ORDER_LOOK:
                look_begin(o);
                break;
        }
}

static bool is_occupied(const struct actor *a)
{
        const struct order *o;

        LL_FOREACH(a->running, o)
        if (!o->aside)
                return true;

        return false;
}

static bool order_conflicts(const struct order *o, const struct order *x)
{
        struct limit a = limit_at(o->target.path), b = limit_at(x->target.path);

        return hazard_conflicts(&a, &b);
}

static bool conflicts(const struct order *o, const struct order *list, const struct order *end)
{
        for (; list != end; list = list->next)
                if (order_conflicts(o, list))
                        return true;

        return false;
}

/* While systemd reloads, a value that it has undone would look like somebody else's. Putting back is not misled by that. */
static bool must_hold(const struct order *o)
{
        return o->verb == ORDER_SET && reloads_hold(o->actor->reloads);
}

/* The first that neither those under way nor those before it in the queue stand in the way of. */
static struct order *next_of(const struct actor *a)
{
        struct order *o;

        LL_FOREACH(a->queue, o)
        if (!must_hold(o) && !conflicts(o, a->running, NULL) && !conflicts(o, a->queue, o))
                return o;

        return NULL;
}

/* --- together with others of the same unit --- */

/* Whether the order will have a question for systemd. */
static bool asks(const struct order *o)
{
        if (o->quiet || o->reloaded)
                return false;
        if (o->verb == ORDER_SET)
                return o->cgroup && o->handle->knob->unit_property;

        return o->target.kind == TARGET_UNIT;
}

static bool is_of_same_unit(const struct order *o, const struct order *first)
{
        if (o->verb != first->verb)
                return false;

        return o->verb == ORDER_SET ? streq(o->cgroup, first->cgroup) : streq(o->target.unit, first->target.unit);
}

/* Whether it must be kept apart from those begun: the same knob again, or an object inside. */
static bool is_apart(const struct order *o, const struct order *first)
{
        const struct order *x;

        LL_FOREACH(o->actor->running, x)
        {
                bool mate = x->batch && x->batch == first->batch;
                bool same_knob = streq(x->target.path, o->target.path) && streq(x->target.form.key, o->target.form.key);

                if (mate ? same_knob : order_conflicts(o, x))
                        return true;
        }

        return false;
}

/* Those that may come along: they overtake none that they conflict with. */
static void gather(struct order *first)
{
        struct actor *a = first->actor;
        struct order *o, *next;

        LL_FOREACH_SAFE(a->queue, o, next)
        {
                if (!asks(o) || !is_of_same_unit(o, first) || is_apart(o, first) || conflicts(o, a->queue, o))
                        continue;

                LL_DELETE(a->queue, o);
                LL_APPEND(a->running, o);
                batch_join(o, first->batch);
        }
}

static void begin_together(struct order *first)
{
        if (!asks(first) || batch_new(first) < 0) {
                begin(first);
                return;
        }

        gather(first);
        batch_begin(first->batch, begin);
}

int queue_next(sd_event_source *source, void *userdata)
{
        struct actor *a = userdata;
        struct order *first;

        if (is_occupied(a) || a->reload)
                return 0;
        first = next_of(a);

        /* One reload for a row of restores: when the row has ended. */
        if (a->unloaded && (!first || (first->verb == ORDER_SET && !first->reloaded))) {
                reload(a);
                return 0;
        }
        if (!first)
                return 0;

        LL_DELETE(a->queue, first);
        LL_APPEND(a->running, first);
        begin_together(first);
        return 0;
}

void queue_add(struct actor *a, struct order *o)
{
        if (o->handle)
                o->handle->orders++;
        arrange(&a->queue, o);
        queue_kick(a);
}

void queue_add_first(struct actor *a, struct order *o)
{
        if (o->handle)
                o->handle->orders++;
        LL_PREPEND(a->queue, o);
        queue_kick(a);
}

void queue_again(struct order *o)
{
        struct actor *a = o->actor;

        batch_leave(o);
        LL_DELETE(a->running, o);
        o->aside = false;
        LL_PREPEND(a->queue, o);
        queue_kick(a);
}

void queue_step_aside(struct order *o)
{
        batch_leave(o);
        o->aside = true;
        queue_kick(o->actor);
}

void queue_bus_lost(struct actor *a)
{
        batch_bus_lost(a);
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
        free_orders(TAKE(a->running));
        a->reload = unit_call_free(a->reload);
}

void order_await_reload(struct order *o)
{
        struct actor *a = o->actor;

        batch_leave(o);
        LL_DELETE(a->running, o);
        LL_APPEND(a->unloaded, o);
        queue_kick(a);
}

/* --- reporting --- */

static void remember_refusal(const struct order *o, enum refusal refusal)
{
        struct handle *h = o->handle;

        if (refusal == REFUSAL_VALUE && o->want && o->verb == ORDER_SET) {
                free(h->never);
                h->never = strdup(o->want);
        }

        h->remember_until_ns = monotonic_ns() + o->actor->config.foreign_backoff_ns;
        if (!o->rests && refusal != REFUSAL_KNOB && ++h->refusals < REFUSALS_MAX)
                return;

        h->refusals = 0;
        h->rest_until_ns = h->remember_until_ns;
}

static void remember_outcome(const struct order *o, enum outcome outcome, enum refusal refusal)
{
        struct handle *h = o->handle;

        switch (outcome) {
        case OUTCOME_DONE:
        case OUTCOME_RESTORED:
        case OUTCOME_GONE:
                h->refusals = 0;
                break;
        case OUTCOME_REFUSED:
                remember_refusal(o, refusal);
                break;
        case OUTCOME_FOREIGN:
        case OUTCOME_PINNED:
                h->refusals = 0;
                h->rest_until_ns = monotonic_ns() + o->actor->config.foreign_backoff_ns;
                /* There it is their own manager, who would come again and again. */
                if (h->below_delegated && ++h->foreign >= FOREIGN_MAX)
                        h->rest_until_ns = UINT64_MAX;
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
        bool failed = outcome == OUTCOME_FAILED || outcome == OUTCOME_REFUSED;

        if (o->undoing && (outcome == OUTCOME_RESTORED || outcome == OUTCOME_GONE)) {
                outcome = OUTCOME_REFUSED;
                error = -EIO;
        }

        if (error < 0 && !o->detail && refusal_words(error))
                order_say(o, "%s", refusal_words(error));

        if (o->handle) {
                o->handle->orders--;
                remember_outcome(o, outcome, o->undoing ? REFUSAL_LATER : refusal_of(error));
        }
        look_follow(o);
        owed_note(o, failed);
        if (!o->quiet && !(o->again && failed))
                report(o, outcome, error);

        LL_DELETE(a->running, o);
        batch_leave(o);
        order_free(o);
        handles_prune(&a->handles, a->config.ledger, monotonic_ns());
        queue_kick(a);
}
