/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/batch.h"
#include "act/dropin.h"
#include "act/locate.h"
#include "util/str.h"

static void go_on(struct order *o, const struct unit_state *state)
{
        int r;

        r = handles_set_target(&o->actor->handles, o->handle, &o->target);
        if (r < 0)
                order_finish(o, OUTCOME_FAILED, r);
        else
                o->routed(o, state);
}

/* --- to the file --- */

static void refuse_below(struct order *o, const char *unit)
{
        order_say(o, "below the delegated unit %s, whose own manager sets it; say delegated = yes to do so anyway", unit);
        o->rests = true;
        order_finish(o, OUTCOME_REFUSED, -EPERM);
}

/* --- to systemd --- */

/* systemd has one property for the weight and for being idle: two who hold one each would undo each other. */
static const struct ledger_entry *rival_of(const struct order *o)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(o->actor->config.ledger, &n);

        for (size_t i = 0; i < n; i++) {
                const struct target *t = &entries[i]->target;
                const struct property *p = t->kind == TARGET_UNIT ? property_find(t->property) : NULL;

                if (p && p != o->property && streq(p->bus_name, o->property->bus_name) &&
                    streq(t->unit, o->target.unit))
                        return entries[i];
        }

        return NULL;
}

static void to_unit(struct order *o, const struct unit_state *state)
{
        const struct ledger_entry *known = ledger_find(o->actor->config.ledger, &o->target);
        const struct ledger_entry *rival = known ? NULL : rival_of(o);
        int pinned;

        if (rival) {
                order_say(o, "%s of %s is held, and systemd has one property for both", rival->knob, o->target.unit);
                order_finish(o, OUTCOME_REFUSED, -EBUSY);
                return;
        }

        pinned = dropin_is_pinned(o->actor->etc_dir, o->target.unit, o->property->setting);
        if (pinned == 0) {
                go_on(o, state);
                return;
        }
        if (pinned < 0) {
                order_finish(o, OUTCOME_FAILED, pinned);
                return;
        }

        order_say(o, "an administrator pinned it: %s/system.control/%s.d/50-%s.conf", o->actor->etc_dir,
                  o->target.unit, o->property->setting);
        if (known)
                restore_give_up(o, known);
        order_finish(o, OUTCOME_PINNED, -EPERM);
}

/* "IOReadBandwidthMax /dev/vda" */
static int name_property(const struct order *o, const struct unit_state *state, char **ret)
{
        _cleanup_free_ char *device = NULL;
        const char *list = unit_state_text(state, o->property);
        int r;

        if (o->property->kind == PROPERTY_DEVICE) {
                r = property_device_path(list ?: "", o->target.form.key, o->handle->knob->device, &device);
                if (r < 0)
                        return r;
        }

        *ret = str_printf("%s%s%s", o->property->name, device ? " " : "", device ?: "");
        return *ret ? 0 : -ENOMEM;
}

static void answered(void *userdata, int r, const char *message, const struct unit_state *state)
{
        struct order *o = userdata;
        bool is_units = r >= 0 && streq(state->cgroup, o->cgroup);

        if (r < 0 && r != -ENXIO) {
                order_say(o, "systemd did not say whose cgroup this is: %s", message ?: strerror(-r));
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }

        /* Else the answer names the nearest unit above. */
        o->handle->of_unit = is_units;
        o->handle->below_delegated = r >= 0 && !is_units && state->delegated;
        o->handle->is_routed = true;
        if (o->handle->below_delegated && !o->delegated) {
                refuse_below(o, state->id);
                return;
        }
        if (!is_units || !o->property) {
                go_on(o, state);
                return;
        }

        o->target.kind = TARGET_UNIT;
        o->target.unit = strdup(state->id);
        r = name_property(o, state, &o->target.property);
        if (r < 0 || !o->target.unit)
                order_finish(o, OUTCOME_FAILED, r < 0 ? r : -ENOMEM);
        else
                to_unit(o, state);
}

/* --- who need not be asked --- */

/* An object's way does not change while it lives: a cgroup has one unit for good. The values from before us are known, too. */
static bool is_known(const struct order *o, const struct ledger_entry *entry)
{
        const struct handle *h = o->handle;

        if (entry && entry->target.kind == TARGET_FILE)
                return true;
        if (!h->is_routed || !h->target.path || !streq(h->target.path, o->target.path))
                return false;

        return h->target.kind == TARGET_UNIT ? entry != NULL : !h->below_delegated || o->delegated;
}

static void go_known_way(struct order *o, const struct ledger_entry *entry)
{
        struct target target;
        int r = 0;

        if (entry && entry->target.kind == TARGET_UNIT) {
                r = target_copy(&entry->target, &target);
                if (r >= 0) {
                        target_clear(&o->target);
                        o->target = target;
                }
        }

        if (r < 0)
                order_finish(o, OUTCOME_FAILED, r);
        else if (o->target.kind == TARGET_UNIT)
                to_unit(o, NULL);
        else
                go_on(o, NULL);
}

void route(struct order *o, void (*routed)(struct order *o, const struct unit_state *state))
{
        const struct ledger_entry *entry = entry_of_file(o->actor->config.ledger, &o->target);
        const struct actor_config *c = &o->actor->config;
        const char *property = o->handle->knob->unit_property;
        bool is_units = entry && entry->target.kind == TARGET_UNIT;

        o->routed = routed;
        /* Its rounding is the kernel's as well, so it counts for the plain file, too. */
        o->property = property ? property_find(property) : NULL;

        if (!c->system_bus && (entry ? is_units : c->systemd && o->cgroup)) {
                order_say(o, "systemd, which may own %s, cannot be asked now",
                          entry ? entry->target.unit : o->cgroup);
                order_finish(o, OUTCOME_FAILED, -ENOTCONN);
                return;
        }

        if (!o->cgroup || !c->system_bus || is_known(o, entry)) {
                go_known_way(o, entry);
                return;
        }

        if (property && !o->property) {
                order_say(o, "systemd's property %s is not one this version can set", property);
                order_finish(o, OUTCOME_REFUSED, -EOPNOTSUPP);
                return;
        }

        batch_ask(o, answered);
}
