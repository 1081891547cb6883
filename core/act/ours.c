/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/ours.h"

#include <math.h>
#include <utlist.h>

#include "act/dropin.h"
#include "act/hazard.h"
#include "act/locate.h"
#include "decide/value.h"

/* The kernel keeps quotas in microseconds and limits in pages: what it makes of a number is this near to it. */
#define ROUNDED 0.01

static bool is_number_made(const struct trimtab_value *was, double want, double is)
{
        if (is == want || fabs(is - want) <= ROUNDED * fabs(want))
                return true;

        /* On the way from no limit to one lies every number. */
        return was && isfinite(was->number) && (is - was->number) * (want - is) >= 0;
}

bool ours_made(const struct sysfile_form *form, const char *was, const char *want, const char *is)
{
        struct trimtab_value before, wanted, now;
        bool is_known = was && sysfile_decode(form, was, &before) >= 0;

        if (sysfile_decode(form, want, &wanted) < 0 || sysfile_decode(form, is, &now) < 0)
                return false;
        if (wanted.type == TRIMTAB_NUMBER)
                return is_number_made(is_known ? &before : NULL, wanted.number, now.number);

        return value_equal(&wanted, &now) ||
               (wanted.type == TRIMTAB_CPULIST && hazard_direction(&now, &wanted) == DIRECTION_UP);
}

bool ours_raw(const struct ledger_entry *e, const char *raw)
{
        if (ledger_is_ours(e, raw))
                return true;

        for (size_t i = 0; i < e->n_intended; i++)
                if (ours_made(&e->target.form, e->confirmed ?: e->original, e->intended[i], raw))
                        return true;

        return false;
}

bool ours_value(const struct ledger_entry *e, const struct trimtab_value *value)
{
        struct trimtab_value ours;

        if (e->confirmed && sysfile_decode(&e->target.form, e->confirmed, &ours) >= 0 &&
            value_equal(&ours, value))
                return true;

        for (size_t i = 0; i < e->n_intended; i++)
                if (sysfile_decode(&e->target.form, e->intended[i], &ours) >= 0 && value_equal(&ours, value))
                        return true;

        return false;
}

bool ours_dropin(const struct order *o, const struct ledger_entry *e)
{
        _cleanup_free_ char *bytes = NULL;
        struct trimtab_value value;

        return o->property && e->dropin_path && dropin_read(e->dropin_path, &bytes) >= 0 &&
               property_of_dropin(o->property, property_device(e->target.property), bytes, &value) >= 0 &&
               ours_value(e, &value);
}

/* Whether the restore of this entry has come past its drop-in, and waits for what follows. */
static bool is_past_dropin(const struct actor *a, const struct ledger_entry *e)
{
        const struct order *o;

        LL_FOREACH(a->running, o)
        if (o->past_dropin && target_same(&o->target, &e->target))
                return true;
        LL_FOREACH(a->unloaded, o)
        if (target_same(&o->target, &e->target))
                return true;

        return false;
}

bool ours_dropin_is_shared(const struct order *o, const struct ledger_entry *e)
{
        const struct ledger *l = o->actor->config.ledger;

        for (const struct ledger_entry *x = NULL; (x = entry_of_dropin(l, e->dropin_path, x));)
                if (x->number != e->number && !is_past_dropin(o->actor, x))
                        return true;

        return false;
}
