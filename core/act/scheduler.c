/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/beside.h"
#include "act/moved.h"
#include "util/clock.h"
#include "util/str.h"

static const struct {
        const char *file, *knob;
} taken_along[] = {
        { "nr_requests", "block.nr_requests" },
        { "wbt_lat_usec", "block.wbt_lat_usec" },
};

static const struct sysfile_form form = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };

/* Whatever the kernel makes of a number lies between what it was and one of these. */
static const char *const anything[] = { "0", "1000000000" };

static bool is_scheduler(const struct order *o)
{
        return o->target.kind == TARGET_FILE && file_is(o->target.path, "scheduler");
}

static int intend(struct order *o, const char *path, const char *knob, char *was, const char *value)
{
        struct ledger *ledger = o->actor->config.ledger;
        const struct ledger_entry *known = ledger_find_file(ledger, path, "");
        const struct ledger_entry e = {
                .target = { .kind = TARGET_FILE, .path = (char *) path, .form = form, .slow = o->target.slow },
                .knob = (char *) knob,
                .object = o->handle ? o->handle->object_name : o->entry->object,
                .rule = known ? known->rule : o->rule,
                .keep = known ? known->keep : o->keep,
                .contest = known ? known->contest : o->contest,
                .moved_for = known ? known->moved_for : o->target.path,
                .original = was,
                .intended = (char *[]){ (char *) value },
                .n_intended = 1,
                .when_usec = realtime_usec(),
        };

        return ledger_intend(ledger, &e);
}

/* Makes whatever will be there ours, until scheduler_is_written() says what it is. */
static int note(struct order *o, const char *path, const char *knob)
{
        _cleanup_free_ char *was = NULL;
        int r = 0;

        /* The kernel has no such file here, or nothing in it: it has nothing to set anew. */
        if (sysfile_read(path, &form, &was) < 0)
                return 0;
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(anything); i++)
                r = intend(o, path, knob, was, anything[i]);
        return r;
}

bool scheduler_make_way(struct order *o)
{
        int r = 0;

        if (!is_scheduler(o))
                return true;

        order_at(o, "before-scheduler-note");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(taken_along); i++) {
                _cleanup_free_ char *path = beside(o->target.path, taken_along[i].file);

                r = path ? note(o, path, taken_along[i].knob) : -ENOMEM;
        }
        order_at(o, "after-scheduler-note");
        if (r >= 0)
                return true;

        order_say(o, "the ledger could not be written, so nothing else was: %s", strerror(-r));
        scheduler_is_written(o);
        order_finish(o, OUTCOME_FAILED, r);
        return false;
}

void scheduler_is_written(struct order *o)
{
        struct ledger *ledger = o->actor->config.ledger;

        for (size_t i = 0; is_scheduler(o) && i < ELEMENTSOF(taken_along); i++) {
                _cleanup_free_ char *path = beside(o->target.path, taken_along[i].file), *now = NULL;
                const struct ledger_entry *e = path ? ledger_find_file(ledger, path, "") : NULL;

                /* Out of memory: anything stays ours, and goes back. */
                if (e && e->n_intended > 0 && sysfile_read(path, &form, &now) >= 0)
                        (void) ledger_confirm(ledger, &e->target, now);
        }
}
