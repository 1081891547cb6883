/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/moved.h"

#include <stdlib.h>
#include <utlist.h>

#include "act/beside.h"
#include "act/scheduler.h"
#include "util/clock.h"
#include "util/str.h"

static const struct {
        const char *moved, *mover;
} pairs[] = {
        { "cpu.max.burst", "cpu.max" },
        { "cpu.weight", "cpu.idle" },
        { "nr_requests", "scheduler" },
        { "wbt_lat_usec", "scheduler" },
};

int moved_note(const struct order *o, struct target *t, const char *knob, const char *was, char *want)
{
        const struct ledger_entry e = {
                .target = *t,
                .knob = (char *) knob,
                .object = o->handle->object_name,
                .rule = o->rule,
                .original = (char *) was,
                .keep = o->keep,
                .contest = o->contest,
                .moved_for = o->target.path,
                .intended = &want,
                .n_intended = 1,
                .when_usec = realtime_usec(),
        };

        return ledger_intend(o->actor->config.ledger, &e);
}

static bool is_queued(const struct actor *a, const struct target *t)
{
        const struct order *o;

        LL_FOREACH(a->queue, o)
        if (target_same(&o->target, t))
                return true;

        return false;
}

static void give_back(struct order *o, const char *name)
{
        _cleanup_(order_freep) struct order *back = NULL;
        _cleanup_free_ char *path = beside(o->target.path, name);
        const struct ledger_entry *e = path ? ledger_find_file(o->actor->config.ledger, path, "") : NULL;

        if (!e || !e->moved_for || !streq(e->moved_for, o->target.path) || is_queued(o->actor, &e->target))
                return;

        /* Out of memory: it goes back at the end. */
        if (order_new(o->actor, ORDER_RESTORE, o->rule, o->decision, &back) >= 0 &&
            target_copy(&e->target, &back->target) >= 0)
                queue_add_first(o->actor, TAKE(back));
}

void moved_give_back(struct order *o)
{
        scheduler_is_written(o);
        for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                if (file_is(o->target.path, pairs[i].mover))
                        give_back(o, pairs[i].moved);
}

void moved_in_vain(struct order *o)
{
        scheduler_is_written(o);
        if (!ledger_find(o->actor->config.ledger, &o->target))
                moved_give_back(o);
}
