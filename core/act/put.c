/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/batch.h"
#include "act/effect.h"
#include "act/idle.h"
#include "act/moved.h"
#include "act/ours.h"
#include "act/reapply.h"
#include "act/refusal.h"
#include "act/scheduler.h"
#include "act/who.h"
#include "util/str.h"

/* The second half of setting a knob, with the intent on file: write -> read back -> confirm. */

/* --- confirm --- */

static void confirm(struct order *o)
{
        order_at(o, "after-readback");
        /* Not fatal: the intent already makes the value ours. */
        if (ledger_confirm(o->actor->config.ledger, &o->target, o->after) < 0)
                order_say(o, "the ledger could not note what took effect; the value is still known as ours");
        order_at(o, "after-confirm");
        order_note_file(o);
        effect_say(o);
        idle_is_set(o);
        scheduler_is_written(o);
        order_finish(o, OUTCOME_DONE, 0);
}

/* Systemd holds a value that the kernel did not take: back to what was, by the way of every restore. */
static void turn_round(struct order *o)
{
        order_say(o, "systemd took %s=%s and the kernel's file did not follow", o->target.property, o->want);
        o->undoing = true;
        restore_begin(o);
}

/* Whether anything happened, be it not what was asked: a file that came with its controller holds the default. */
static bool has_moved(const struct order *o)
{
        const char *before = o->before ?: o->property ? o->property->kernel_default : "";

        return !sysfile_same(&o->target.form, o->after, before);
}

/* What the kernel makes of texts, and a plugin or a driver of anything, is theirs to know. */
static bool kernel_made(const struct order *o)
{
        return o->target.kind == TARGET_CALL || o->target.form.form == TRIMTAB_FORM_ETHTOOL || o->target.form.type != TRIMTAB_NUMBER ||
               ours_made(&o->target.form, o->before, o->want, o->after);
}

/* Somebody wrote between our write and the read back. */
static void overtaken(struct order *o)
{
        who_say(o, o->entry);
        restore_give_up(o, o->entry);
        order_finish(o, OUTCOME_FOREIGN, -EBUSY);
}

static void settled(struct order *o, bool as_wanted)
{
        if (o->after && !as_wanted && has_moved(o) && !kernel_made(o) && !o->contest) {
                overtaken(o);
                return;
        }

        /* A file that answers with another value than asked has still taken effect: a mask cut to what is
         * online, say. */
        if (o->after && (as_wanted || o->target.kind != TARGET_UNIT || has_moved(o)))
                confirm(o);
        else if (!o->after && !order_object_lives(o))
                order_finish(o, OUTCOME_GONE, -ENOENT);
        else if (o->answer < 0)
                order_finish(o, OUTCOME_FAILED, o->answer);
        else if (o->target.kind == TARGET_UNIT)
                turn_round(o);
        else
                order_finish(o, OUTCOME_GONE, -ENOENT);
}

/* --- write --- */

/* A write may be cut short, a plugin fail halfway: an error does not say that nothing happened. */
static bool is_untouched(struct order *o)
{
        free(o->after);
        o->after = NULL;
        if (order_read(o, &o->after) < 0) {
                o->after = NULL;
                return !o->before;
        }

        return !has_moved(o);
}

static void half_refused(struct order *o, int r)
{
        scheduler_is_written(o);
        /* systemd may not have come to an end with it: whose that is, the intent says when it goes back. */
        if (o->after && o->target.kind != TARGET_UNIT)
                (void) ledger_confirm(o->actor->config.ledger, &o->target, o->after);
        order_say(o, "%s%sit failed (%s) and yet \"%s\" is there now, which is in the ledger and will be put back",
                  o->detail ?: "", o->detail ? "; " : "", strerror(-r), o->after ?: "");
        order_finish(o, OUTCOME_REFUSED, r);
}

static void refused(struct order *o, int r)
{
        bool gone = refusal_of(r) == REFUSAL_GONE;

        if (!gone && !is_untouched(o)) {
                half_refused(o, r);
                return;
        }

        free(o->after);
        o->after = NULL;
        (void) ledger_refuse(o->actor->config.ledger, &o->target);
        moved_in_vain(o);
        order_finish(o, gone ? OUTCOME_GONE : OUTCOME_REFUSED, r);
}

/* Nothing was written: once more, from what is there now. */
static void overtaken_waiting(struct order *o)
{
        (void) ledger_refuse(o->actor->config.ledger, &o->target);
        if (++o->overtaken <= OVERTAKEN_MAX) {
                set_again(o);
                return;
        }

        moved_in_vain(o);
        order_say(o, "while it waited for its turn somebody else set it, time and again");
        order_finish(o, OUTCOME_FAILED, -EBUSY);
}

static void written(struct order *o, int r)
{
        if (r == -ETIMEDOUT) {
                order_say(o, "the kernel has been at this write for too long; its value will be known as "
                             "ours when it comes");
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        if (r == -EALREADY) {
                (void) ledger_refuse(o->actor->config.ledger, &o->target);
                moved_in_vain(o);
                order_say(o, "an earlier write is still stuck in the kernel");
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }
        if (r == -ESTALE) {
                overtaken_waiting(o);
                return;
        }
        if (r < 0) {
                refused(o, r);
                return;
        }

        order_at(o, "after-write");
        order_settle(o, settled);
}

static void answered(void *userdata, int r, const char *message, const struct unit_state *state)
{
        struct order *o = userdata;

        if (message)
                order_say(o, "systemd: %s", message);

        /* No answer is not a no: only the file can tell whether it was done, and until it does the intent
         * stands. */
        if (r == -ENOTCONN || r == -ETIMEDOUT) {
                o->answer = r;
                r = 0;
        }
        written(o, r);
}

void put_begin(struct order *o)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (o->target.kind != TARGET_UNIT) {
                batch_leave(o);
                order_write(o, o->want, written);
                return;
        }

        r = property_from_value(o->property, &o->value, o->entry->original_property, &text);
        if (r < 0)
                refused(o, r);
        else
                batch_set(o, text, answered);
}
