/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/reapply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "act/batch.h"
#include "act/ours.h"
#include "act/who.h"
#include "util/str.h"

/* --- the end --- */

static void settled(struct order *o, bool as_wanted)
{
        if (as_wanted) {
                order_note_file(o);
                order_say(o, "again, after systemd had undone it");
                order_finish(o, OUTCOME_DONE, 0);
        } else if (!o->after && !order_object_lives(o)) {
                order_finish(o, OUTCOME_GONE, -ENOENT);
        } else {
                order_say(o, "systemd has undone it, and it could not be set again");
                order_finish(o, OUTCOME_FAILED, o->answer < 0 ? o->answer : -EIO);
        }
}

static void written(struct order *o, int r)
{
        /* Another value by now: whose it is, the next look says. */
        if (r == -ESTALE) {
                o->quiet = true;
                order_finish(o, OUTCOME_DONE, 0);
                return;
        }

        o->answer = r;
        order_at(o, "after-reapply");
        order_settle(o, settled);
}

static void answered(void *userdata, int r, const char *message, const struct unit_state *state)
{
        written(userdata, r);
}

/* --- write --- */

static void set_property(struct order *o)
{
        _cleanup_free_ char *text = NULL;
        struct trimtab_value value;
        int r;

        r = sysfile_decode(&o->target.form, o->want, &value);
        if (r >= 0)
                r = property_from_value(o->property, &value, o->entry->original_property, &text);
        if (r < 0)
                order_finish(o, OUTCOME_FAILED, r);
        else
                batch_set(o, text, answered);
}

static void give_up(struct order *o)
{
        o->after = o->before ? strdup(o->before) : NULL;
        who_say(o, o->entry);
        restore_give_up(o, o->entry);
        order_finish(o, OUTCOME_FOREIGN, -EBUSY);
}

/* --- compare --- */

static bool is_original(const struct order *o)
{
        const char *standard = o->property ? o->property->kernel_default : NULL;
        const char *original = o->entry->original ?: standard;

        return (original && sysfile_same(&o->target.form, o->before, original)) ||
               (standard && sysfile_same(&o->target.form, o->before, standard));
}

/* What of the entry is ours to want. NULL: nothing was ever in force. */
static const char *held_value(const struct ledger_entry *e)
{
        return e->n_intended > 0 ? e->intended[e->n_intended - 1] : e->confirmed;
}

static int prepare(struct order *o, const struct ledger_entry *e)
{
        int r;

        r = entry_copy(e, &o->entry);
        if (r < 0)
                return r;

        o->property = e->target.kind == TARGET_UNIT ? property_find(e->target.property) : NULL;
        o->want = held_value(e) ? strdup(held_value(e)) : NULL;
        return o->want ? order_read(o, &o->before) : -ENOMEM;
}

static bool puts_back(const struct order *list, const struct order *o)
{
        const struct order *x;

        LL_FOREACH(list, x)
        if (x != o && (x->verb == ORDER_RESTORE || x->undoing) && streq(x->target.path, o->target.path) &&
            streq(x->target.form.key, o->target.form.key))
                return true;

        return false;
}

/* Our own restores end with a reload: what it finds is on its way back. */
static bool is_being_put_back(const struct order *o)
{
        const struct actor *a = o->actor;

        return puts_back(a->running, o) || puts_back(a->unloaded, o) || puts_back(a->queue, o);
}

void reapply_begin(struct order *o)
{
        const struct ledger_entry *e = ledger_find(o->actor->config.ledger, &o->target);
        int r = e ? prepare(o, e) : -ENOENT;

        /* Put back, gone, or as it should be by now. */
        if (r < 0 || ours_raw(e, o->before) || is_being_put_back(o)) {
                o->quiet = true;
                order_finish(o, OUTCOME_DONE, 0);
                return;
        }

        /* Who takes our drop-in away means it. */
        if (!is_original(o) || (o->property && !ours_dropin(o, e)))
                give_up(o);
        else if (o->target.kind == TARGET_UNIT)
                set_property(o);
        else
                order_write(o, o->want, written);
}

/* --- look --- */

bool reapply_is_lost(const struct handle *h, const struct ledger_entry *e, const char *raw)
{
        return h && h->object.scope == SCOPE_CGROUP && h->file != 0 && e->original &&
               sysfile_same(&e->target.form, raw, e->original) && sysfile_id(e->target.path) != h->file;
}

static bool is_lost(const struct ledger_entry *e)
{
        _cleanup_free_ char *raw = NULL;

        return sysfile_read(e->target.path, &e->target.form, &raw) >= 0 && !ours_raw(e, raw);
}

void reapply_queue(struct actor *a, struct handle *h, const struct ledger_entry *e)
{
        _cleanup_(order_freep) struct order *o = NULL;

        if (order_new(a, ORDER_VERIFY, e->rule, 0, &o) < 0 || target_copy(&e->target, &o->target) < 0)
                return;

        o->handle = h;
        queue_add_first(a, TAKE(o));
}

void reapply_look(struct actor *a)
{
        for (size_t i = 0; i < a->handles.n; i++) {
                struct handle *h = a->handles.items[i];
                const struct ledger_entry *e =
                        h->of_unit && h->target.path ? ledger_find(a->config.ledger, &h->target) : NULL;

                h->is_routed = false;
                if (e && is_lost(e))
                        reapply_queue(a, h, e);
        }
}
