/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/actor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/call.h"
#include "act/locate.h"
#include "act/look.h"
#include "act/order.h"
#include "act/owed.h"
#include "act/reapply.h"
#include "act/reloads.h"
#include "act/slow.h"
#include "act/withdraw.h"
#include "decide/value.h"

DEFINE_CLEANUP(struct actor *, actor_free);

const char *outcome_name(enum outcome o)
{
        static const char *const names[] = {
                [OUTCOME_DONE] = "done",     [OUTCOME_RESTORED] = "restored", [OUTCOME_FOREIGN] = "foreign",
                [OUTCOME_GONE] = "gone",     [OUTCOME_REFUSED] = "refused",   [OUTCOME_FAILED] = "failed",
                [OUTCOME_PINNED] = "pinned",
        };

        return names[o];
}

/* --- life --- */

static void on_reload_settled(void *userdata)
{
        struct actor *a = userdata;

        reapply_look(a);
        queue_kick(a);
}

int actor_new(const struct actor_config *config, struct actor **ret)
{
        _cleanup_(actor_freep) struct actor *a = NULL;
        int r;

        a = calloc(1, sizeof(*a));
        if (!a)
                return -ENOMEM;

        a->config = *config;
        sd_event_ref(a->config.event);
        sd_bus_ref(a->config.system_bus);

        a->run_dir = strdup(config->systemd_run_dir);
        a->etc_dir = strdup(config->systemd_etc_dir);
        if (!a->run_dir || !a->etc_dir)
                return -ENOMEM;

        r = sd_event_add_defer(a->config.event, &a->kick, queue_next, a);
        if (r < 0)
                return r;

        r = reloads_new(a->config.event, on_reload_settled, a, &a->reloads);
        if (r < 0)
                return r;
        (void) reloads_set_bus(a->reloads, a->config.system_bus);

        r = worker_new(a->config.event, &a->worker);
        if (r < 0)
                return r;

        /* Not for everybody to have. */
        r = config->watch ? watcher_new(a->config.event, look_seen, a, &a->watcher) : 0;
        if (r == -ENOMEM)
                return r;

        *ret = TAKE(a);
        return 0;
}

struct actor *actor_free(struct actor *a)
{
        if (!a)
                return NULL;

        queue_clear(a);
        owed_clear(a);
        worker_free(a->worker);
        slow_clear(a);
        reloads_free(a->reloads);
        watcher_free(a->watcher);
        handles_clear(&a->handles);
        (void) sd_event_source_disable_unref(a->kick);
        sd_bus_unref(a->config.system_bus);
        sd_event_unref(a->config.event);
        free(a->run_dir);
        free(a->etc_dir);
        free(a);
        return NULL;
}

int actor_set_bus(struct actor *a, sd_bus *system_bus)
{
        if (system_bus == a->config.system_bus)
                return 0;

        sd_bus_unref(a->config.system_bus);
        a->config.system_bus = sd_bus_ref(system_bus);
        (void) reloads_set_bus(a->reloads, system_bus);

        /* Answers to what was asked on the old one will not come. */
        queue_bus_lost(a);
        return 0;
}

bool actor_is_unsettled(const struct actor *a)
{
        return reloads_hold(a->reloads);
}

bool actor_idle(const struct actor *a)
{
        return !a->running && !a->queue && !a->unloaded && !a->reload;
}

/* --- orders --- */

static int handle_of(struct actor *a, const struct knob *knob, const struct object *object,
                     struct handle **ret)
{
        _cleanup_free_ char *name = NULL;

        name = a->config.objects ? objects_full_name(a->config.objects, object->id) : strdup(object->name);
        if (!name)
                return -ENOMEM;

        return handles_get(&a->handles, knob, object->id, name, ret);
}

int actor_set(struct actor *a, const struct knob *knob, const struct object *object,
              const struct wish *wish, uint64_t now_ns)
{
        _cleanup_(order_freep) struct order *o = NULL;
        struct handle *handle;
        int r;

        r = order_new(a, ORDER_SET, wish->rule, wish->decision, &o);
        if (r < 0)
                return r;

        r = target_of(knob, object, &o->target);
        if (r < 0)
                return r;

        if (object->id.scope == SCOPE_CGROUP) {
                o->cgroup = strdup(object->name);
                if (!o->cgroup)
                        return -ENOMEM;
        }

        r = handle_of(a, knob, object, &handle);
        if (r < 0)
                return r;
        if (handle->rest_until_ns > now_ns && !wish->contest)
                return -EBUSY;

        handle->contest = wish->contest;
        handle->delegated = wish->delegated;
        handle->contest_pause_ns = wish->contest_pause_ns;
        handle->decision = wish->decision;
        o->handle = handle;
        o->value = wish->value;
        o->contest = wish->contest;
        o->delegated = wish->delegated;
        o->keep = wish->keep;
        queue_add(a, TAKE(o));
        return 0;
}

/* What is ours of this knob, if anything is: from this run, or from an earlier one by the object's file. */
static int find_ours(struct actor *a, const struct knob *knob, struct oid id, struct handle **ret_handle,
                     struct target *ret)
{
        struct handle *handle = handles_find(&a->handles, knob, id);
        const struct object *object = a->config.objects ? objects_get(a->config.objects, id) : NULL;
        const struct ledger_entry *e;
        struct target t = {};
        int r;

        if (handle && handle->target.path &&
            (handle->orders > 0 || ledger_find(a->config.ledger, &handle->target))) {
                *ret_handle = handle;
                return target_copy(&handle->target, ret);
        }
        if (!object)
                return -ENOENT;

        r = target_of(knob, object, &t);
        if (r < 0)
                return r;
        /* Not yet begun, the order that will make it ours. */
        if (handle && handle->orders > 0 && !(knob->flags & TRIMTAB_KNOB_ACTION)) {
                *ret_handle = handle;
                *ret = t;
                return 0;
        }
        e = entry_of_file(a->config.ledger, &t);
        target_clear(&t);
        if (!e)
                return -ENOENT;

        r = handle_of(a, knob, object, ret_handle);
        if (r < 0)
                return r;

        return target_copy(&e->target, ret);
}

int actor_restore(struct actor *a, const struct knob *knob, struct oid object, const char *rule,
                  uint64_t decision)
{
        _cleanup_(order_freep) struct order *o = NULL;
        int r;

        r = order_new(a, ORDER_RESTORE, rule, decision, &o);
        if (r < 0)
                return r;

        r = find_ours(a, knob, object, &o->handle, &o->target);
        if (r < 0)
                return r;

        withdraw_waiting(a, o->handle);
        queue_add(a, TAKE(o));
        return 0;
}

void actor_withdraw(struct actor *a, const struct knob *knob, struct oid object)
{
        struct handle *handle = handles_find(&a->handles, knob, object);

        if (handle)
                withdraw_waiting(a, handle);
}

static int restore_entry(struct actor *a, const struct ledger_entry *entry, bool again)
{
        _cleanup_(order_freep) struct order *o = NULL;
        int r;

        r = order_new(a, ORDER_RESTORE, entry->rule, 0, &o);
        if (r < 0)
                return r;

        r = target_copy(&entry->target, &o->target);
        if (r < 0)
                return r;

        o->number = entry->number;
        o->again = again;
        o->handle = handles_find_target(&a->handles, &o->target);
        queue_add(a, TAKE(o));
        return 0;
}

int actor_restore_entry(struct actor *a, const struct ledger_entry *entry)
{
        return restore_entry(a, entry, false);
}

int order_restore_again(struct actor *a, const struct ledger_entry *entry)
{
        return restore_entry(a, entry, true);
}

void actor_object_gone(struct actor *a, struct oid object)
{
        for (size_t i = 0; i < a->handles.n; i++) {
                struct handle *h = a->handles.items[i];
                const struct ledger_entry *e;

                if (!oid_equal(h->object, object))
                        continue;

                /* Carried out later, it would hit the next one of that name. */
                withdraw_all(a, h);
                h->foreign = 0;
                h->rest_until_ns = 0;
                e = h->target.path ? ledger_find(a->config.ledger, &h->target) : NULL;
                if (e)
                        (void) actor_restore_entry(a, e);
        }
}

static bool goes_back(const struct ledger_entry *e, bool include_keep)
{
        return include_keep || !e->keep;
}

int actor_restore_all(struct actor *a, bool include_keep)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(a->config.ledger, &n);

        withdraw_all(a, NULL);
        for (size_t i = n; i-- > 0;) {
                int r = goes_back(entries[i], include_keep) ? actor_restore_entry(a, entries[i]) : 0;

                if (r < 0)
                        return r;
        }

        return 0;
}

size_t actor_left(const struct actor *a, bool include_keep)
{
        size_t n, left = 0;
        const struct ledger_entry *const *entries = ledger_entries(a->config.ledger, &n);

        for (size_t i = 0; i < n; i++)
                left += goes_back(entries[i], include_keep);
        return left;
}

/* --- for the rules' view --- */

/* What the kernel would say if the file were there: systemd makes it, by enabling its controller, when the
 * knob is set. */
static int default_of(const struct actor *a, const struct knob *knob, const struct object *object,
                      const struct target *t, struct trimtab_value *ret)
{
        const struct property *p = knob->unit_property ? property_find(knob->unit_property) : NULL;
        struct order probe = { .target = *t };

        if (!order_object_lives(&probe))
                return -ENOENT;
        if (!p || !a->config.system_bus || object->id.scope != SCOPE_CGROUP)
                return -EOPNOTSUPP;

        return sysfile_decode(&t->form, p->kernel_default, ret);
}

int actor_current(struct actor *a, const struct knob *knob, const struct object *object,
                  struct trimtab_value *ret)
{
        _cleanup_free_ char *raw = NULL;
        _cleanup_(target_clear) struct target t = {};
        int r;

        if (knob->flags & TRIMTAB_KNOB_ACTION) {
                *ret = value_of_deed(knob->type);
                return 0;
        }

        r = target_of(knob, object, &t);
        if (r < 0)
                return r;

        r = t.kind == TARGET_CALL ? call_read(knob, object->id, &raw) : sysfile_read(t.path, &t.form, &raw);
        if (t.kind == TARGET_FILE && (r == -ENOENT || r == -ENODEV))
                return default_of(a, knob, object, &t, ret);
        if (r < 0)
                return r;

        return sysfile_decode(&t.form, raw, ret);
}

int actor_original(struct actor *a, const struct knob *knob, const struct object *object,
                   struct trimtab_value *ret)
{
        _cleanup_(target_clear) struct target t = {};
        const struct ledger_entry *e;
        int r;

        if (knob->flags & TRIMTAB_KNOB_ACTION) {
                *ret = value_of_deed(knob->type);
                return 0;
        }

        r = target_of(knob, object, &t);
        if (r < 0)
                return r;

        e = entry_of_file(a->config.ledger, &t);
        if (!e)
                return actor_current(a, knob, object, ret);
        if (e->original_absent)
                return default_of(a, knob, object, &t, ret);

        return sysfile_decode(&e->target.form, e->original, ret);
}

bool actor_busy(const struct actor *a, const struct knob *knob, struct oid object, uint64_t now_ns)
{
        const struct handle *h = handles_find(&a->handles, knob, object);

        return h && (h->orders > 0 || h->rest_until_ns > now_ns);
}

uint64_t actor_rests_until(const struct actor *a, const struct knob *knob, struct oid object)
{
        const struct handle *h = handles_find(&a->handles, knob, object);

        return h ? h->rest_until_ns : 0;
}
