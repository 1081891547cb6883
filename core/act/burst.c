/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/burst.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/beside.h"
#include "act/moved.h"
#include "act/ours.h"
#include "act/refusal.h"
#include "util/str.h"

/* usec, in both files. */
static const struct sysfile_form form = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };

/* The quota of cpu.max' "QUOTA PERIOD"; INFINITY: "max". */
static double quota_of(const char *raw)
{
        return startswith(raw, "max") ? INFINITY : strtod(raw, NULL);
}

static int write_burst(struct order *o, struct target *t, const char *was, const char *want)
{
        struct ledger *ledger = o->actor->config.ledger;
        _cleanup_free_ char *now = NULL;
        int r;

        order_at(o, "after-burst-intent");
        r = sysfile_write(t->path, &form, want);
        order_at(o, "after-burst");

        /* An error does not say that nothing happened. */
        if (sysfile_read(t->path, &form, &now) < 0)
                return r;
        if (r < 0 && sysfile_same(&form, now, was))
                (void) ledger_refuse(ledger, t);
        else
                (void) ledger_confirm(ledger, t, now);
        return r;
}

static int lower(struct order *o, struct target *t, const char *was, char *want)
{
        const struct ledger_entry *known = ledger_find(o->actor->config.ledger, t);
        int r;

        if (known && !known->contest && !ours_raw(known, was)) {
                order_say(o, "cpu.max cannot go below cpu.max.burst, which somebody else has set to %s us",
                          was);
                return -EBUSY;
        }

        order_at(o, "before-burst");
        r = moved_note(o, t, "cpu.max.burst", was, want);
        if (r >= 0)
                r = write_burst(o, t, was, want);
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
        if (r < 0) {
                moved_in_vain(o);
                order_finish(o, OUTCOME_REFUSED, r);
        }
        return r >= 0;
}
