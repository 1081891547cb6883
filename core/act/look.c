/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/owed.h"
#include "act/reapply.h"
#include "act/reloads.h"
#include "act/who.h"
#include "util/clock.h"
#include "util/str.h"

/* Each entry is looked at as often as this, but no more than so many at a call: 0.3 ms. */
#define LOOK_EVERY_NS (10 * NSEC_PER_SEC)
#define LOOKS_MAX 32

/* Longer than systemd's own files and what it was told are ever apart. */
#define LOOK_AGAIN_NS (2 * NSEC_PER_SEC)

/* --- the order --- */

static bool is_ours_now(const struct ledger_entry *e, char **ret_raw)
{
        return sysfile_read(e->target.path, &e->target.form, ret_raw) < 0 || ledger_is_ours(e, *ret_raw);
}

void look_begin(struct order *o)
{
        const struct ledger_entry *e = ledger_find(o->actor->config.ledger, &o->target);

        if (!e || is_ours_now(e, &o->before)) {
                o->quiet = true;
                order_finish(o, OUTCOME_DONE, 0);
                return;
        }

        o->property = e->target.kind == TARGET_UNIT ? property_find(e->target.property) : NULL;
        o->after = strdup(o->before);
        who_say(o, e);
        restore_give_up(o, e);
        order_finish(o, OUTCOME_FOREIGN, -EBUSY);
}

/* --- who is to be looked at --- */

static int queue_look(struct actor *a, struct handle *h, const struct ledger_entry *e)
{
        _cleanup_(order_freep) struct order *o = NULL;
        int r;

        r = order_new(a, ORDER_LOOK, e->rule, h ? h->decision : 0, &o);
        if (r >= 0)
                r = target_copy(&e->target, &o->target);
        /* For the report, should nobody know the knob any more. */
        if (r >= 0)
                r = entry_copy(e, &o->entry);
        if (r < 0)
                return r;

        o->handle = h;
        queue_add(a, TAKE(o));
        return 0;
}

/* Sets again what was in force, as the rule wanted it. */
static int queue_contest(struct actor *a, struct handle *h, const struct ledger_entry *e, uint64_t now_ns)
{
        const struct object *object = a->config.objects ? objects_get(a->config.objects, h->object) : NULL;
        struct wish wish = {
                .rule = e->rule,
                .decision = h->decision,
                .contest = true,
                .contest_pause_ns = h->contest_pause_ns,
                .delegated = h->delegated,
                .keep = e->keep,
        };
        int r;

        if (!object || !e->confirmed)
                return -ENOENT;

        r = sysfile_decode(&e->target.form, e->confirmed, &wish.value);
        return r < 0 ? r : actor_set(a, h->knob, object, &wish, now_ns);
}

static bool may_contest(const struct actor *a, const struct handle *h, uint64_t now_ns)
{
        const struct actor_config *c = &a->config;
        uint64_t pause_ns = h->contest_pause_ns ?: CONTEST_PAUSE_NS;

        if (h->contested_ns != 0 && now_ns - h->contested_ns < pause_ns)
                return false;

        return !c->may_contest || c->may_contest(c->userdata, h->knob, h->object);
}

/* While systemd reads its files anew nothing is what it seems. */
static bool is_looked_at(const struct actor *a, const struct ledger_entry *e, const struct handle *h)
{
        return !reloads_hold(a->reloads) && target_is_in_file(&e->target) && e->n_intended == 0 &&
               (!h || h->orders == 0);
}

static void look_again(struct actor *a, struct handle *h)
{
        h->suspect = true;
        h->look_again_ns = monotonic_ns() + LOOK_AGAIN_NS;
        a->look_again = true;
}

/* Another value than ours is there. */
static void meet(struct actor *a, struct handle *h, const struct ledger_entry *e, const char *raw)
{
        uint64_t now_ns = monotonic_ns();

        if (reapply_is_lost(h, e, raw)) {
                reapply_queue(a, h, e);
        } else if (h && h->contest) {
                if (may_contest(a, h, now_ns))
                        (void) queue_contest(a, h, e, now_ns);
        } else {
                (void) queue_look(a, h, e);
        }
}

void look_seen(void *userdata, const struct sighting *s)
{
        struct actor *a = userdata;
        const struct ledger_entry *e = ledger_find_file(a->config.ledger, s->path, NULL), *next;

        for (; e; e = next) {
                struct handle *h = handles_find_target(&a->handles, &e->target);
                _cleanup_free_ char *raw = NULL;

                next = ledger_next_file(e);
                if (!is_looked_at(a, e, h) || is_ours_now(e, &raw))
                        continue;

                /* systemd may be on its way to what it was told, be it by us. */
                if (s->pid == 1 && h)
                        look_again(a, h);
                else
                        meet(a, h, e, raw);
        }
}

/* --- now and then --- */

/* The first entry behind the last one looked at. */
static size_t where_we_were(const struct actor *a, const struct ledger_entry *const *entries, size_t n)
{
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (entries[middle]->number <= a->looked_at)
                        low = middle + 1;
                else
                        high = middle;
        }

        return low;
}

static void look_at(struct actor *a, const struct ledger_entry *e)
{
        struct handle *h = handles_find_target(&a->handles, &e->target);
        _cleanup_free_ char *raw = NULL;

        if (!is_looked_at(a, e, h))
                return;
        if (is_ours_now(e, &raw)) {
                if (h)
                        h->suspect = false;
        } else if (h && !h->suspect) {
                h->suspect = true;
        } else {
                meet(a, h, e, raw);
        }
}

/* Those that seemed somebody else's a moment ago. */
static void look_at_suspects(struct actor *a, uint64_t now_ns)
{
        if (!a->look_again)
                return;

        a->look_again = false;
        for (size_t i = 0; i < a->handles.n; i++) {
                struct handle *h = a->handles.items[i];
                const struct ledger_entry *e =
                        h->look_again_ns ? ledger_find(a->config.ledger, &h->target) : NULL;

                if (e && h->look_again_ns > now_ns) {
                        a->look_again = true;
                        continue;
                }
                h->look_again_ns = 0;
                if (e)
                        look_at(a, e);
        }
}

/* So many that all have their turn in time, should the calls go on coming at this pace. */
static size_t looks_due(const struct actor *a, size_t n, uint64_t now_ns)
{
        uint64_t passed_ns = now_ns - a->looked_ns;
        size_t due = a->looked_ns == 0 || passed_ns >= LOOK_EVERY_NS
                             ? n
                             : (size_t) (n * passed_ns / LOOK_EVERY_NS) + 1;

        return due < LOOKS_MAX ? due : LOOKS_MAX;
}

void actor_look(struct actor *a, uint64_t now_ns)
{
        size_t n, due, i;
        const struct ledger_entry *const *entries = ledger_entries(a->config.ledger, &n);

        owed_look(a, now_ns);
        look_at_suspects(a, now_ns);
        due = looks_due(a, n, now_ns);
        i = where_we_were(a, entries, n);
        a->looked_ns = now_ns;
        if (i == n)
                i = 0;

        /* None of this changes the ledger. */
        for (; due > 0 && i < n; due--, i++) {
                a->looked_at = entries[i]->number;
                look_at(a, entries[i]);
        }
        if (i >= n)
                a->looked_at = 0;
}

void look_follow(const struct order *o)
{
        const struct actor *a = o->actor;

        if (target_is_in_file(&o->target))
                watcher_watch(a->watcher, o->target.path,
                              ledger_find_file(a->config.ledger, o->target.path, NULL));
}
