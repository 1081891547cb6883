/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/devices.h"
#include "daemon/plugin-folder.h"
#include "daemon/state.h"
#include "decide/value.h"
#include "util/array.h"
#include "util/clock.h"

static int current(void *userdata, const struct knob *knob, struct oid id, struct trimtab_value *ret)
{
        struct daemon *d = userdata;
        const struct object *object = objects_get(d->objects, id);

        return object ? actor_current(d->actor, knob, object, ret) : -ENOENT;
}

static int original(void *userdata, const struct knob *knob, struct oid id, struct trimtab_value *ret)
{
        struct daemon *d = userdata;
        const struct object *object = objects_get(d->objects, id);

        return object ? actor_original(d->actor, knob, object, ret) : -ENOENT;
}

static int resolve(void *userdata, const struct knob *knob, struct oid id, const struct trimtab_value *said,
                   struct trimtab_value *ret)
{
        struct trimtab_value value = *said;
        int r;

        if (!knob->check || !knob->self)
                return -EOPNOTSUPP;
        r = knob->check(knob->self, id.key, said, &value);
        if (r < 0)
                return r;
        if (knob->type != TRIMTAB_NUMBER) {
                value.text[sizeof(value.text) - 1] = '\0';
                return value_text(knob->type, value.text, ret);
        }
        if (isnan(value.number))
                return -EINVAL;
        *ret = value_number(value.number);
        return 0;
}

static bool busy(void *userdata, const struct knob *knob, struct oid id)
{
        struct daemon *d = userdata;

        return brakes_hold(&d->brakes, knob->number, id) || actor_busy(d->actor, knob, id, monotonic_ns());
}

struct view daemon_view(struct daemon *d, uint64_t now_ns)
{
        return (struct view) {
                .catalogue = d->catalogue,
                .objects = d->objects,
                .store = d->store,
                .now_ns = now_ns,
                .mode = d->options.mode,
                .protect = (const char *const *) d->options.protect,
                .current = current,
                .original = original,
                .resolve = resolve,
                .busy = busy,
                .userdata = d,
        };
}

static int rule_wants(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        struct daemon *d = userdata;

        store_keep(d->store, metric, window_ns);
        return plugins_want(d->plugins, metric, object);
}

static int person_wants(void *userdata, uint32_t metric, uint64_t object)
{
        struct daemon *d = userdata;

        return plugins_want(d->plugins, metric, object);
}

/* Drivers ask for interrupts when they are loaded or brought up: seldom. */
enum { IRQ_TICKS = 10 };

/* SENSE: measure what some rule or client wants, and nothing else. */
static void collect(struct daemon *d, const struct view *view)
{
        int r;

        if (d->cgroups && cgroup_tree_polled(d->cgroups) && d->views.n_ticks % 10 == 0)
                (void) cgroup_tree_rescan(d->cgroups);
        if (d->views.n_ticks % IRQ_TICKS == 0)
                daemon_poll_devices(d);

        plugins_want_begin(d->plugins);
        r = engine_wants(d->engine, view, rule_wants, d);
        if (r >= 0)
                r = look_wants(d->look, d->catalogue, d->objects, view->now_ns, person_wants, d);
        if (r >= 0)
                r = plugins_want_apply(d->plugins);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "cannot say what to measure: %s", strerror(-r));

        plugins_collect(d->plugins, view->now_ns);
}

/* An order that was withdrawn has no report: the oldest reasons give way. */
enum { PENDING_MAX = 4096 };

static void remember(struct daemon *d, const struct decision *decision)
{
        struct pending *p;

        if (d->n_pending == PENDING_MAX)
                memmove(d->pending, d->pending + 1, --d->n_pending * sizeof(*d->pending));
        if (array_reserve(&d->pending, d->n_pending, sizeof(*d->pending)) < 0)
                return; /* the report will lack its reason */
        p = &d->pending[d->n_pending++];
        p->decision = decision->id;
        memcpy(p->reason, decision->reason, sizeof(p->reason));
        p->cause = decision->cause;
}

static void give_advice(struct daemon *d, const struct decision *decision)
{
        struct trimtab_value now;
        int r;

        if (decision->verb == VERB_KEEP)
                return;
        r = current(d, catalogue_knob_at(d->catalogue, decision->knob), decision->object, &now);
        advise(&d->advice, decision, r >= 0 ? &now : NULL);
}

static int order(struct daemon *d, const struct decision *decision, uint64_t now_ns)
{
        const struct knob *knob = catalogue_knob_at(d->catalogue, decision->knob);
        const struct object *object = objects_get(d->objects, decision->object);

        switch (decision->verb) {
        case VERB_SET:
                if (!object)
                        return -ENOENT;
                return actor_set(d->actor, knob, object,
                                 &(struct wish) {
                                         .value = decision->value,
                                         .rule = decision->rule,
                                         .decision = decision->id,
                                         .contest = decision->contest,
                                         .delegated = decision->delegated,
                                         .keep = decision->keep < 0 ? d->options.on_exit == ON_EXIT_KEEP
                                                                    : decision->keep > 0,
                                 },
                                 now_ns);
        case VERB_RESTORE:
                return actor_restore(d->actor, knob, decision->object, decision->rule, decision->id);
        case VERB_KEEP:
                return 0;
        }
        return -EINVAL;
}

/* Whether a change may be made. Putting back always may. */
static bool allowed(struct daemon *d, const struct decision *decision, uint64_t now_ns)
{
        bool just_now;

        if (decision->verb != VERB_SET || fuse_take(&d->brakes.fuse, now_ns, &just_now))
                return true;
        if (just_now)
                daemon_blow_fuse(d);
        return false;
}

/* A contested value is set again where a decision to set it would be let through, and nowhere else. */
bool daemon_may_contest(void *userdata, const struct knob *knob, struct oid object)
{
        struct daemon *d = userdata;
        bool just_now;

        if (d->options.mode != MODE_ENFORCE || brakes_hold(&d->brakes, knob->number, object))
                return false;
        if (fuse_take(&d->brakes.fuse, monotonic_ns(), &just_now))
                return true;
        if (just_now)
                daemon_blow_fuse(d);
        return false;
}

/* ACT: hand the decisions over; the reports come when the kernel's files say so. */
static void act(struct daemon *d, const struct view *view, const struct decisions *decisions, uint64_t now_ns)
{
        for (size_t i = 0; i < decisions->n; i++) {
                const struct decision *decision = &decisions->items[i];
                int r;

                recordings_decision(d->recordings, view, decision);
                if (decision->advise) {
                        give_advice(d, decision);
                        continue;
                }

                if (!allowed(d, decision, now_ns)) {
                        /* Not the knob's refusal: what it holds of ours stays known as ours. */
                        engine_outcome(d->engine, decision->knob, decision->object, -ECANCELED, NULL);
                        continue;
                }

                /* It may be told before order() returns. */
                if (decision->verb != VERB_KEEP)
                        remember(d, decision);
                r = order(d, decision, now_ns);
                if (r < 0) {
                        (void) daemon_take_reason(d, decision->id, NULL);
                        engine_outcome(d->engine, decision->knob, decision->object, r, NULL);
                }
        }
}

static void tell_manager(struct daemon *d)
{
        size_t changed;

        (void) ledger_entries(d->ledger, &changed);
        if (d->ready) {
                (void) sd_notify(0, "WATCHDOG=1");
                return;
        }

        d->ready = true;
        (void) sd_notifyf(0, "READY=1\nSTATUS=%s, %zu rules", mode_to_string(d->options.mode),
                          engine_rules(d->engine) ? ruleset_n(engine_rules(d->engine)) : 0);
        tell_line(&d->teller, LOG_INFO, "ready after %.0f ms: mode %s, %zu rules",
                  (double) (monotonic_ns() - d->started_ns) / 1e6, mode_to_string(d->options.mode),
                  engine_rules(d->engine) ? ruleset_n(engine_rules(d->engine)) : 0);
}

void daemon_tick(struct daemon *d)
{
        uint64_t cpu_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID), now_ns = monotonic_ns();
        struct view view = daemon_view(d, now_ns);
        struct decisions decisions = {};
        int r;

        if (brakes_expire(&d->brakes, realtime_usec()))
                tell_line(&d->teller, LOG_NOTICE, "the pause is over: rules act again");
        recordings_begin(d->recordings, d->look, now_ns);
        collect(d, &view);

        r = engine_tick(d->engine, &view, &decisions);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "cannot decide: %s", strerror(-r));
        else
                act(d, &view, &decisions, now_ns);
        actor_look(d->actor, now_ns);
        recordings_end(d->recordings, &view);

        d->views.n_ticks++;
        d->views.last_tick_ns = now_ns;
        d->views.tick_cost_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
        daemon_renew_plugins(d);
        if (d->arguments->foreground)
                daemon_show(d);
        tell_manager(d);
}
