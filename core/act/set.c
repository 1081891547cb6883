/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/action.h"
#include "act/burst.h"
#include "act/drain.h"
#include "act/dropin.h"
#include "act/floor.h"
#include "act/idle.h"
#include "act/locate.h"
#include "act/moved.h"
#include "act/ours.h"
#include "act/reapply.h"
#include "act/route.h"
#include "act/scheduler.h"
#include "act/who.h"
#include "act/withdraw.h"
#include "decide/value.h"
#include "util/clock.h"
#include "util/str.h"

/*
 * Setting a knob: route -> compare -> intent, and from there on put.c. What must be done around a
 * write for the kernel's sake (cpusets by their union, burst before quota) belongs between intent and write;
 * what changes the value, as draining may, before the intent.
 */

/* --- intent --- */

static void set_intend(struct order *o)
{
        int r;

        o->entry->when_usec = realtime_usec();
        r = entry_add_intent(o->entry, o->want);
        if (r < 0) {
                moved_in_vain(o);
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }

        order_at(o, "before-intent");
        r = ledger_intend(o->actor->config.ledger, o->entry);
        if (r < 0) {
                order_say(o, "the ledger could not be written, so nothing else was: %s", strerror(-r));
                moved_in_vain(o);
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        order_at(o, "after-intent");

        put_begin(o);
}

static char *copy(const char *s)
{
        return s ? strdup(s) : NULL;
}

/* Of what it was before us. One drop-in may hold the values of several devices: what it was before the first of them counts. */
static int fill_dropin(struct order *o, struct ledger_entry *e, bool transient)
{
        const struct ledger_entry *sharing;
        int r;

        e->dropin_path = dropin_path(o->actor->run_dir, o->target.unit, transient, o->property->setting);
        if (!e->dropin_path)
                return -ENOMEM;

        sharing = entry_of_dropin(o->actor->config.ledger, e->dropin_path, NULL);
        if (sharing) {
                e->dropin = copy(sharing->dropin);
                e->dropin_absent = sharing->dropin_absent;
                return sharing->dropin && !e->dropin ? -ENOMEM : 0;
        }

        r = dropin_read(e->dropin_path, &e->dropin);
        e->dropin_absent = r == -ENOENT || r == -ENOTDIR;
        return e->dropin_absent ? 0 : r;
}

static int new_entry(struct order *o, const struct unit_state *state)
{
        struct ledger_entry *e = o->entry = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;

        r = target_copy(&o->target, &e->target);
        if (r < 0)
                return r;

        e->knob = strdup(o->handle->knob->name);
        e->object = strdup(o->handle->object_name);
        e->original = copy(o->before);
        e->original_absent = !o->before;
        if (!e->knob || !e->object || (o->before && !e->original))
                return -ENOMEM;
        if (o->target.kind != TARGET_UNIT)
                return 0;

        r = unit_state_property(state, o->property, property_device(o->target.property), &e->original_property);
        if (r < 0 && r != -ENODATA)
                return r;

        return fill_dropin(o, e, state->transient);
}

/* What undo needs: gathered now, should this be the first change, else what is known from then. */
static int fill_entry(struct order *o, const struct ledger_entry *known, const struct unit_state *state)
{
        int r = known ? entry_copy(known, &o->entry) : new_entry(o, state);

        if (r < 0)
                return r;

        free(o->entry->rule);
        o->entry->rule = copy(o->rule);
        o->entry->keep = o->keep;
        o->entry->contest = o->contest;
        free(o->entry->moved_for);
        o->entry->moved_for = NULL;
        return o->rule && !o->entry->rule ? -ENOMEM : 0;
}

/* --- compare --- */

static void refuse_value(struct order *o, int r)
{
        order_say(o, "no value that could be written here");
        order_finish(o, OUTCOME_REFUSED, r);
}

static bool is_raised(const struct order *o, const struct trimtab_value *asked)
{
        struct trimtab_value before;

        return o->value.number > asked->number && o->before &&
               sysfile_decode(&o->target.form, o->before, &before) >= 0 && o->value.number > before.number;
}

/* What the kernel once called impossible is not asked for again. */
static bool is_hopeless(const struct order *o)
{
        return o->handle->never && sysfile_same(&o->target.form, o->handle->never, o->want);
}

/* The value is settled now: in the file's words, and is it not so already? */
static void set_value(struct order *o)
{
        int r;

        r = sysfile_encode(&o->target.form, &o->value, o->before, &o->want);
        if (r < 0) {
                refuse_value(o, r);
                return;
        }

        /* Of what is in use less than the present limit could not be had: better no move than one up. */
        if (o->before && (sysfile_same(&o->target.form, o->before, o->want) || is_raised(o, &o->asked))) {
                o->after = strdup(o->before);
                order_finish(o, OUTCOME_DONE, 0);
                return;
        }

        if (is_hopeless(o)) {
                order_say(o, "the kernel refused this value before: %s", o->want);
                order_finish(o, OUTCOME_REFUSED, -EINVAL);
                return;
        }

        if (burst_make_way(o) && idle_make_way(o) && scheduler_make_way(o))
                set_intend(o);
}

static void set_compare(struct order *o, const struct unit_state *state)
{
        const struct ledger_entry *known = ledger_find(o->actor->config.ledger, &o->target);
        bool absent;
        int r;

        r = order_read(o, &o->before);
        absent = r == -ENOENT || r == -ENODEV;
        if (absent && !order_object_lives(o)) {
                order_finish(o, OUTCOME_GONE, r);
                return;
        }
        /* Systemd makes the file, by enabling its controller; without it there is nothing to write to. */
        if (r < 0 && !(absent && o->target.kind == TARGET_UNIT)) {
                order_finish(o, absent ? OUTCOME_GONE : OUTCOME_REFUSED, r);
                return;
        }

        if (known && o->before && !ours_raw(known, o->before) && !reapply_is_lost(o->handle, known, o->before)) {
                who_say(o, known);
                if (!o->contest) {
                        restore_give_up(o, known);
                        order_finish(o, OUTCOME_FOREIGN, -EBUSY);
                        return;
                }
                o->handle->contested_ns = monotonic_ns();
        }

        r = o->property ? property_round(o->property, &o->value, &o->value) : 0;
        if (r < 0) {
                refuse_value(o, r);
                return;
        }
        o->asked = o->value;
        floor_apply(o);

        /* Now, while systemd's words are here. */
        r = fill_entry(o, known, state);
        if (r < 0) {
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        if (!drain_begin(o, set_again))
                set_value(o);
}

/* --- begin --- */

/* Somebody else's value was met while the order waited. */
static bool is_resting(const struct order *o)
{
        return !o->contest && o->handle->rest_until_ns > monotonic_ns();
}

static void set_routed(struct order *o, const struct unit_state *state)
{
        if (withdraw_ends(o))
                return;
        if (o->handle->knob->flags & TRIMTAB_KNOB_ACTION)
                action_begin(o);
        else if (idle_lets_be(o))
                set_compare(o, state);
}

static void forget(char **text)
{
        free(*text);
        *text = NULL;
}

void set_begin(struct order *o)
{
        if (withdraw_ends(o))
                return;
        if (is_resting(o)) {
                order_say(o, "it has begun to rest while this waited");
                order_finish(o, OUTCOME_FAILED, -EBUSY);
                return;
        }
        route(o, set_routed);
}

void set_again(struct order *o)
{
        /* Whose it is may have changed as well. */
        o->target.kind = o->target.kind == TARGET_UNIT ? TARGET_FILE : o->target.kind;
        o->entry = ledger_entry_free(o->entry);
        forget(&o->target.unit);
        forget(&o->target.property);
        forget(&o->before);
        forget(&o->after);
        forget(&o->want);
        forget(&o->detail);
        o->value = o->asked;
        queue_again(o);
}
