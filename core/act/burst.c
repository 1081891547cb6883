/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/burst.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "act/beside.h"
#include "act/refusal.h"
#include "util/clock.h"
#include "util/str.h"

/* usec, in both files. */
static const struct sysfile_form form = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };

/* The quota of cpu.max' "QUOTA PERIOD"; INFINITY: "max". */
static double quota_of(const char *raw)
{
        return startswith(raw, "max") ? INFINITY : strtod(raw, NULL);
}

static int note_intent(const struct order *o, struct target *t, const char *was, const char *want)
{
        char *values[] = { (char *) want };
        const struct ledger_entry e = {
                .target = *t,
                .knob = (char *) "cpu.max.burst",
                .object = o->handle->object_name,
                .rule = o->rule,
                .original = (char *) was,
                .keep = o->keep,
                .contest = o->contest,
                .moved_for = o->target.path,
                .intended = values,
                .n_intended = 1,
                .when_usec = realtime_usec(),
        };

        return ledger_intend(o->actor->config.ledger, &e);
}

static int write_burst(struct order *o, struct target *t, const char *want)
{
        struct ledger *ledger = o->actor->config.ledger;
        _cleanup_free_ char *now = NULL;
        int r;

        r = sysfile_write(t->path, &form, want);
        if (r < 0) {
                (void) ledger_refuse(ledger, t);
                return r;
        }
        order_at(o, "after-burst");

        if (sysfile_read(t->path, &form, &now) >= 0)
                (void) ledger_confirm(ledger, t, now);
        return 0;
}

static int lower(struct order *o, struct target *t, const char *was, const char *want)
{
        const struct ledger_entry *known = ledger_find(o->actor->config.ledger, t);
        int r;

        if (known && !known->contest && !ledger_is_ours(known, was)) {
                order_say(o, "cpu.max cannot go below cpu.max.burst, which somebody else has set to %s us",
                          was);
                return -EBUSY;
        }

        order_at(o, "before-burst");
        r = note_intent(o, t, was, want);
        if (r >= 0)
                r = write_burst(o, t, want);
        if (r < 0)
                order_say(o, "cpu.max.burst could not make way: %s", refusal_words(r) ?: strerror(-r));
        return r;
}

bool burst_make_way(struct order *o)
{
        _cleanup_free_ char *was = NULL, *want = NULL;
        struct target t = { .kind = TARGET_FILE, .form = form };
        double quota = file_is(o->target.path, "cpu.max") ? quota_of(o->want) : INFINITY;
        int r;

        if (isinf(quota))
                return true;

        t.path = beside(o->target.path, "cpu.max.burst");
        want = str_printf("%.0f", quota);
        if (!t.path || !want)
                r = -ENOMEM;
        else if (sysfile_read(t.path, &form, &was) < 0 || strtod(was, NULL) <= quota)
                r = 0; /* also where the kernel has no bursts, before 5.14 */
        else
                r = lower(o, &t, was, want);

        target_clear(&t);
        if (r < 0)
                order_finish(o, OUTCOME_REFUSED, r);
        return r >= 0;
}

static bool is_queued(const struct actor *a, const struct target *t)
{
        const struct order *o;

        LL_FOREACH(a->queue, o)
        if (target_same(&o->target, t))
                return true;

        return false;
}

void burst_give_back(struct order *o)
{
        _cleanup_(order_freep) struct order *back = NULL;
        _cleanup_free_ char *path = NULL;
        const struct ledger_entry *e;

        if (!file_is(o->target.path, "cpu.max"))
                return;

        path = beside(o->target.path, "cpu.max.burst");
        e = path ? ledger_find_file(o->actor->config.ledger, path, "") : NULL;
        if (!e || !e->moved_for || !streq(e->moved_for, o->target.path) || is_queued(o->actor, &e->target))
                return;

        /* Out of memory: it goes back at the end. */
        if (order_new(o->actor, ORDER_RESTORE, o->rule, o->decision, &back) >= 0 &&
            target_copy(&e->target, &back->target) >= 0)
                queue_add_first(o->actor, TAKE(back));
}
