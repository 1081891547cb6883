/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/batch.h"
#include "act/cpuset.h"
#include "act/dropin.h"
#include "act/filter.h"
#include "act/foreign.h"
#include "act/idle.h"
#include "act/locate.h"
#include "act/moved.h"
#include "act/ours.h"
#include "act/scheduler.h"
#include "act/who.h"
#include "util/str.h"

/*
 * Putting a knob back, from the ledger's entry alone: compare (ours?) -> write -> read back -> forget.
 * Through systemd also: set the recorded property -> drop-in as it was -> reload -> read back once more, and write the file
 * where that differs.
 */

void restore_give_up(struct order *o, const struct ledger_entry *e)
{
        /* Left behind, it would bring our value back over theirs at the next daemon-reload. */
        if (e->target.kind == TARGET_UNIT && ours_dropin(o, e) && !ours_dropin_is_shared(o, e))
                (void) dropin_put(e->dropin_path, e->dropin);
        else if (e->target.kind == TARGET_UNIT)
                dropin_tidy(e->dropin_path);

        (void) ledger_forget(o->actor->config.ledger, &o->target);
        moved_give_back(o);
}

/* --- the end --- */

static void done(struct order *o)
{
        /* A file that was there and is not went with what it set; one that systemd makes and unmakes is no loss. */
        bool there = o->after || ((o->target.kind == TARGET_UNIT || !o->want) && order_object_lives(o));
        enum outcome outcome = there ? OUTCOME_RESTORED : OUTCOME_GONE;

        order_at(o, "before-forget");
        if (ledger_forget(o->actor->config.ledger, &o->target) < 0)
                order_say(o, "restored, but the ledger could not note it");
        order_at(o, "after-forget");
        moved_give_back(o);
        order_finish(o, outcome, outcome == OUTCOME_GONE ? -ENOENT : 0);
}

static void file_settled(struct order *o, bool as_wanted)
{
        order_at(o, "after-restore-readback");
        if (as_wanted || (!o->after && !order_object_lives(o))) {
                done(o);
                return;
        }

        scheduler_is_written(o);
        order_say(o, "written, but the file reads \"%s\" and not \"%s\"", o->after ?: "", o->want ?: "");
        order_finish(o, OUTCOME_REFUSED, -EIO);
}

static void file_written(struct order *o, int r)
{
        if (r == -ESTALE && ++o->overtaken <= OVERTAKEN_MAX) {
                o->past_dropin = false;
                restore_begin(o);
                return;
        }
        if (r == -EALREADY)
                scheduler_is_written(o);
        if (r == -ETIMEDOUT || r == -EALREADY) {
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        if (r == -ENOSPC && cpuset_stand_in(o)) {
                order_write(o, o->want, file_written);
                return;
        }
        /* Without its controller, as in a masked unit, there is nothing that could be put back but the drop-in. */
        if ((r == -ENOENT || r == -ENODEV) && o->target.kind == TARGET_UNIT) {
                done(o);
                return;
        }
        if (r < 0 && order_object_lives(o)) {
                scheduler_is_written(o);
                order_finish(o, OUTCOME_REFUSED, r);
                return;
        }

        order_at(o, "after-restore-write");
        order_settle(o, file_settled);
}

static void write_file(struct order *o)
{
        const char *raw = o->want ?: o->property ? o->property->kernel_default : "";

        if (!scheduler_make_way(o))
                return;
        order_at(o, "before-restore-write");
        order_write(o, raw, file_written);
}

/* --- through systemd --- */

static void reloaded_settled(struct order *o, bool as_wanted)
{
        /* Such as a cpuset, which systemd does not empty, or a value that somebody had put past systemd. */
        if (!as_wanted && order_object_lives(o))
                write_file(o);
        else
                done(o);
}

/* One look is enough where nothing is left that could still move. */
static void verify(struct order *o)
{
        if (order_object_lives(o))
                order_settle(o, reloaded_settled);
        else
                done(o);
}

void restore_reloaded(struct order *o, int error)
{
        order_at(o, "after-reload");
        if (error < 0)
                order_say(o, "systemd could not be told to read its files again: %s", strerror(-error));
        verify(o);
}

static void put_dropin(struct order *o)
{
        int r;

        batch_leave(o);
        o->past_dropin = true;
        if (ours_dropin_is_shared(o, o->entry)) {
                verify(o);
                return;
        }

        order_at(o, "before-dropin");
        r = dropin_put(o->entry->dropin_path, o->entry->dropin);
        if (r < 0) {
                order_say(o, "%s could not be put back", o->entry->dropin_path);
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        order_at(o, "after-dropin");

        order_await_reload(o);
}

static void property_settled(struct order *o, bool as_wanted)
{
        /* If not as wanted: after the reload the file itself is written. */
        put_dropin(o);
}

static void property_set(void *userdata, int r, const char *message, const struct unit_state *state)
{
        struct order *o = userdata;

        if (r < 0 && r != -ENXIO) {
                if (message)
                        order_say(o, "systemd: %s", message);
                order_finish(o, r == -ENOTCONN || r == -ETIMEDOUT ? OUTCOME_FAILED : OUTCOME_REFUSED, r);
                return;
        }

        order_at(o, "after-restore-property");
        if (order_object_lives(o))
                order_settle(o, property_settled);
        else
                put_dropin(o);
}

static void set_property(struct order *o)
{
        _cleanup_free_ char *text = NULL;
        int r;

        order_at(o, "before-restore-property");
        r = original_property(o, &text);
        if (r < 0) {
                batch_leave(o);
                property_set(o, r, NULL, NULL);
                return;
        }
        batch_set(o, text, property_set);
}

/* --- compare --- */

static void give_up(struct order *o, enum outcome outcome)
{
        if (o->before)
                o->after = strdup(o->before);
        if (outcome == OUTCOME_FOREIGN)
                who_say(o, o->entry);
        restore_give_up(o, o->entry);
        order_finish(o, outcome, -EBUSY);
}

static void compare_file(struct order *o)
{
        if (idle_defers(o))
                return;

        if (!o->before)
                done(o);
        else if (foreign_value(o, NULL))
                give_up(o, OUTCOME_FOREIGN);
        else if (original_is_there(o))
                order_settle(o, file_settled);
        else
                write_file(o);
}

/* With no systemd to ask, its file is a file like any other. */
static void compare_unit_alone(struct order *o)
{
        if (foreign_value(o, NULL)) {
                give_up(o, OUTCOME_FOREIGN);
                return;
        }

        if (ours_dropin(o, o->entry) && !ours_dropin_is_shared(o, o->entry))
                (void) dropin_put(o->entry->dropin_path, o->entry->dropin);
        compare_file(o);
}

static int read_before(struct order *o)
{
        int r;

        free(o->before);
        o->before = NULL;
        r = order_read(o, &o->before);
        return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/*
 * systemd was asked after the file was read. In the cgroup of a unit that it starts once more it makes the file, which holds
 * the kernel's default then, and writes to it what the property says, with no answer to anybody in between: what
 * was no value of ours may be one by now.
 */
static bool is_foreign_still(struct order *o, const struct unit_state *state)
{
        if (!foreign_value(o, state))
                return false;

        (void) read_before(o);
        return foreign_value(o, state);
}

static void shown(void *userdata, int r, const char *message, const struct unit_state *state)
{
        struct order *o = userdata;

        if (r < 0 && r != -ENXIO) {
                order_say(o, "systemd: %s", message ?: strerror(-r));
                order_finish(o, OUTCOME_FAILED, r);
        } else if (r < 0 || !state->loaded) {
                /* A transient unit that is over, or one uninstalled: no more than its drop-in can be left. */
                put_dropin(o);
        } else if (foreign_pin(o)) {
                give_up(o, OUTCOME_PINNED);
        } else if (is_foreign_still(o, state)) {
                give_up(o, OUTCOME_FOREIGN);
        } else if (!*state->cgroup) {
                /* Not running: the reload brings back what the files say; set, it would be an empty cgroup. */
                put_dropin(o);
        } else {
                set_property(o);
        }
}

static int prepare(struct order *o, const struct ledger_entry *e)
{
        int r;

        free(o->after);
        o->after = NULL;
        o->entry = ledger_entry_free(o->entry);
        r = entry_copy(e, &o->entry);
        if (r < 0)
                return r;

        free(o->want);
        o->want = e->original ? strdup(e->original) : NULL;
        if (e->original && !o->want)
                return -ENOMEM;

        o->property = e->target.kind == TARGET_UNIT ? property_find(e->target.property) : NULL;
        return read_before(o);
}

static void restore_value(struct order *o)
{
        const struct ledger_entry *e = ledger_find(o->actor->config.ledger, &o->target);
        sd_bus *bus = o->actor->config.system_bus;
        int r;

        /* It may have been ordered before systemd said whose it is. */
        if (!e)
                e = entry_of_file(o->actor->config.ledger, &o->target);
        if (e && !target_same(&e->target, &o->target)) {
                target_clear(&o->target);
                r = target_copy(&e->target, &o->target);
                if (r < 0) {
                        order_finish(o, OUTCOME_FAILED, r);
                        return;
                }
        }

        /* Two asked for the same. */
        if (!e) {
                order_finish(o, OUTCOME_RESTORED, 0);
                return;
        }

        r = prepare(o, e);
        if (r < 0) {
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }

        if (o->target.kind != TARGET_UNIT) {
                compare_file(o);
        } else if (!bus || !o->property) {
                compare_unit_alone(o);
        } else {
                order_at(o, "before-restore-question");
                batch_ask(o, shown);
        }
}

void restore_begin(struct order *o)
{
        if (o->target.kind == TARGET_FILTER)
                filter_restore(o);
        else
                restore_value(o);
}
