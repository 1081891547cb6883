/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/dropin.h"
#include "act/ours.h"
#include "decide/value.h"
#include "util/str.h"

int original_property(const struct order *o, char **ret)
{
        const struct ledger_entry *e = o->entry;
        struct trimtab_value value;
        int r;

        if (e->original_property) {
                *ret = strdup(e->original_property);
                return *ret ? 0 : -ENOMEM;
        }

        r = sysfile_decode(&e->target.form, e->original ?: o->property->kernel_default, &value);
        if (r < 0)
                return r;

        return property_from_value(o->property, &value, NULL, ret);
}

bool original_is_there(const struct order *o)
{
        const char *want = o->want ?: o->property ? o->property->kernel_default : NULL;

        return o->before && want && sysfile_same(&o->target.form, o->before, want);
}

static bool property_is_ours_or_original(const struct order *o, const struct unit_state *state)
{
        _cleanup_free_ char *text = NULL;
        struct trimtab_value value;

        if (unit_state_property(state, o->property, property_device(o->target.property), &text) < 0)
                return false;
        if (o->entry->original_property && streq(text, o->entry->original_property))
                return true;

        return property_to_value(o->property, text, &value) >= 0 && ours_value(o->entry, &value);
}

/* Whether somebody has edited the drop-in that we had systemd write, and systemd has not read that yet. Setting the property
 * would write over it. */
static bool dropin_is_edited(const struct order *o)
{
        const struct ledger_entry *e = o->entry;
        const char *device = property_device(e->target.property);
        _cleanup_free_ char *bytes = NULL, *original = NULL;
        struct trimtab_value is, was;

        if (!e->dropin_path || dropin_read(e->dropin_path, &bytes) < 0 || (e->dropin && streq(bytes, e->dropin)) ||
            property_of_dropin(o->property, device, bytes, &is) < 0 || ours_value(e, &is))
                return false;

        /* An earlier restore that was killed may have come as far as the original. */
        return original_property(o, &original) < 0 || property_to_value(o->property, original, &was) < 0 ||
               !value_equal(&is, &was);
}

static bool is_foreign(const struct order *o, const struct unit_state *state)
{
        if (o->before && !original_is_there(o) && !ours_raw(o->entry, o->before))
                return true;
        /* Not idle is what any other weight looks like. */
        if (o->before && !(o->property && o->property->kind == PROPERTY_IDLE))
                return false;

        return state && !property_is_ours_or_original(o, state);
}

bool foreign_value(const struct order *o, const struct unit_state *state)
{
        if (o->entry->contest)
                return false;

        return is_foreign(o, state) || (state && dropin_is_edited(o));
}

bool foreign_pin(struct order *o)
{
        if (dropin_is_pinned(o->actor->etc_dir, o->target.unit, o->property->setting) <= 0)
                return false;

        order_say(o, "an administrator has pinned it since: %s/system.control/%s.d/50-%s.conf", o->actor->etc_dir,
                  o->target.unit, o->property->setting);
        return true;
}
