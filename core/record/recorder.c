/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#include "record/slot-totals.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* Knobs read in a tick to tell how they stand, some µs each: thousands of cgroups take a while, and nothing
 * waits for it. */
enum { SETTINGS_A_TICK = 256 };

/* What may wait for a reader that stands still: decisions and objects, not readings. */
enum { WAITING_MAX = 4 << 20 };

/* An object that was told. */
struct told {
        struct oid id;
        uint32_t next_knob; /* the knobs below have been told as they stand */
        bool urgent; /* its knobs are told before those of others */
        UT_hash_handle hh;
};

struct flags {
        bool *told; /* by number */
        size_t n;
};

struct oid_list {
        struct oid *items;
        size_t n;
};

struct recorder {
        struct wire wire;
        bool take, began;
        uint64_t lost;
        uint64_t generation; /* of the registry, told up to there */
        struct told *objects; /* oid -> told */
        struct flags metrics, knobs;
        uint32_t n_scopes;
        struct oid_list urgent, queue; /* objects whose knobs are to be told; urgent: those that are measured */
        struct slot_totals *totals;    /* as they came the last time */
        int error;
};

DEFINE_CLEANUP(struct recorder *, recorder_free);

int recorder_new(const struct recording_facts *facts, struct bytes *out, struct recorder **ret)
{
        _cleanup_(recorder_freep) struct recorder *r = calloc(1, sizeof(*r));
        int error;

        if (!r)
                return -ENOMEM;
        error = slot_totals_new(&r->totals);
        if (error >= 0)
                error = wire_start(facts, out);
        if (error < 0)
                return error;
        *ret = TAKE(r);
        return 0;
}

static void drop_told(struct recorder *r, struct told *t)
{
        HASH_DEL(r->objects, t);
        free(t);
}

struct recorder *recorder_free(struct recorder *r)
{
        struct told *t, *next;

        if (!r)
                return NULL;
        HASH_ITER(hh, r->objects, t, next)
                drop_told(r, t);
        slot_totals_free(r->totals);
        wire_clear(&r->wire);
        free(r->metrics.told);
        free(r->knobs.told);
        free(r->urgent.items);
        free(r->queue.items);
        free(r);
        return NULL;
}

void recorder_begin(struct recorder *r, bool take)
{
        r->take = take;
        r->lost += !take;
}

static void fail(struct recorder *r, int error)
{
        if (error < 0)
                r->error = error;
}

static void push(struct recorder *r, struct oid_list *list, struct oid id)
{
        int error = array_reserve(&list->items, list->n, sizeof(*list->items));

        fail(r, error);
        if (error >= 0)
                list->items[list->n++] = id;
}

static struct told *find_told(const struct recorder *r, struct oid id)
{
        struct told *t = NULL;
        struct oid key;

        memset(&key, 0, sizeof(key)); /* the hash sees the padding, too */
        key.scope = id.scope;
        key.key = id.key;
        HASH_FIND(hh, r->objects, &key, sizeof(key), t);
        return t;
}

/* --- measurements --- */

/* The knobs of what is measured are told before those of all the rest. */
static void hurry(struct recorder *r, struct oid id)
{
        struct told *t = find_told(r, id);

        if (!t || t->urgent)
                return;
        t->urgent = true;
        push(r, &r->urgent, id);
}

void recorder_value(struct recorder *r, uint32_t metric, uint64_t object, double value)
{
        if (r->take)
                wire_reading(&r->wire, &(struct reading) { .metric = metric, .object = object, .value = value });
}

void recorder_histogram(struct recorder *r, uint32_t metric, uint64_t object, const uint64_t *slots, uint32_t n_slots,
                        double sum)
{
        struct slot_count came[TRIMTAB_HIST_SLOTS];
        uint64_t *last;
        size_t n = 0;
        bool first;

        if (!r->take)
                return;
        last = slot_totals_of(r->totals, metric, object, &first);
        if (!last) {
                fail(r, -ENOMEM);
                return;
        }

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                uint64_t now = i < n_slots ? slots[i] : 0, before = last[i];

                /* The first only says where counting starts. A total that went down was started anew: all
                 * of it is new. */
                if (now != before && !first && now > 0)
                        came[n++] = (struct slot_count) { i, now > before ? now - before : now };
                last[i] = now;
        }
        wire_reading(&r->wire, &(struct reading) { .metric = metric, .object = object, .histogram = true, .value = sum,
                                                   .slots = came, .n_slots = n });
}

/* --- what there is --- */

/* Whether number n is to be told now, for the first time. */
static bool first_time(struct recorder *r, struct flags *f, uint32_t n)
{
        bool *grown;

        if (n >= f->n) {
                grown = realloc(f->told, n + 1);
                if (!grown) {
                        fail(r, -ENOMEM);
                        return false;
                }
                f->told = grown;
                while (f->n <= n)
                        f->told[f->n++] = false;
        }
        if (f->told[n])
                return false;
        return f->told[n] = true;
}

static void tell_metric(struct recorder *r, const struct metric *m)
{
        wire_item(&r->wire, &(struct item) {
                .kind = ITEM_METRIC,
                .metric = { m->number, m->scope, m->plugin,
                            { .name = m->name, .unit = m->unit, .help = m->help, .kind = m->kind, .flags = m->flags } },
        });
}

static void tell_knob(struct recorder *r, const struct knob *k)
{
        wire_item(&r->wire, &(struct item) {
                .kind = ITEM_KNOB,
                .knob = { .number = k->number, .scope = k->scope, .plugin = k->plugin,
                          .is = { .name = k->name, .unit = k->unit, .help = k->help, .type = k->type, .flags = k->flags,
                                  .min = k->min, .max = k->max, .use_metric = k->use_metric,
                                  .choices = (const char *const *) k->choices } },
        });
}

static void tell_catalogue(struct recorder *r, const struct view *view)
{
        const char *scope;

        for (; (scope = objects_scope_name(view->objects, r->n_scopes)); r->n_scopes++)
                wire_item(&r->wire, &(struct item) { .kind = ITEM_SCOPE, .scope = { r->n_scopes, scope } });

        for (uint32_t i = 0; i < catalogue_n_metrics(view->catalogue); i++) {
                const struct metric *m = catalogue_metric_at(view->catalogue, i);

                if (m->plugin && first_time(r, &r->metrics, i))
                        tell_metric(r, m);
        }
        for (uint32_t i = 0; i < catalogue_n_knobs(view->catalogue); i++) {
                const struct knob *k = catalogue_knob_at(view->catalogue, i);

                if (k->plugin && first_time(r, &r->knobs, i))
                        tell_knob(r, k);
        }
}

static void tell_object(struct recorder *r, const struct object *object)
{
        struct told *t = find_told(r, object->id);

        wire_item(&r->wire, &(struct item) { .kind = ITEM_OBJECT, .object = { object->id, object->name } });
        if (t)
                return;
        t = calloc(1, sizeof(*t));
        if (!t) {
                fail(r, -ENOMEM);
                return;
        }
        t->id.scope = object->id.scope;
        t->id.key = object->id.key;
        HASH_ADD(hh, r->objects, id, sizeof(t->id), t);
        push(r, &r->queue, object->id);
}

static void tell_gone(struct recorder *r, const struct view *view, struct told *t)
{
        wire_item(&r->wire, &(struct item) { .kind = ITEM_GONE, .gone = t->id });
        slot_totals_forget(r->totals, view->catalogue, t->id);
        drop_told(r, t);
}

struct change {
        struct recorder *recorder;
        const struct view *view;
};

static int tell_change(void *userdata, struct oid id)
{
        const struct change *c = userdata;
        const struct object *object = objects_get(c->view->objects, id);
        struct told *t = find_told(c->recorder, id);

        if (object)
                tell_object(c->recorder, object);
        else if (t)
                tell_gone(c->recorder, c->view, t);
        return 0;
}

/* Too much has changed to follow: all that was told is looked for, all that there is told. */
static void tell_all_objects(struct recorder *r, const struct view *view)
{
        struct told *t, *next;

        HASH_ITER(hh, r->objects, t, next)
                if (!objects_get(view->objects, t->id))
                        tell_gone(r, view, t);
        for (uint32_t scope = 0; scope < r->n_scopes; scope++) {
                const struct object *const *list;
                size_t n;

                list = objects_of_scope(view->objects, scope, &n);
                for (size_t i = 0; i < n; i++)
                        tell_object(r, list[i]);
        }
}

/* What can be named is told before anything that names it. */
static void follow(struct recorder *r, const struct view *view)
{
        struct change change = { r, view };

        tell_catalogue(r, view);
        if (!r->began || objects_foreach_change(view->objects, r->generation, tell_change, &change) == -ESTALE)
                tell_all_objects(r, view);
        r->began = true;
        r->generation = objects_generation(view->objects);
}

/* --- how knobs stand --- */

static void tell_setting(struct recorder *r, const struct view *view, const struct knob *k, struct oid id)
{
        struct item item = { .kind = ITEM_SETTING, .setting = { .knob = k->number, .object = id } };

        item.setting.error = view->original(view->userdata, k, id, &item.setting.value);
        wire_item(&r->wire, &item);
}

/* An action is only written: it has no value. */
static bool has_value(const struct knob *k)
{
        return k->plugin && !(k->flags & TRIMTAB_KNOB_ACTION);
}

/* Goes on with an object. How many were read; *ret_done: these were all. */
static size_t tell_settings(struct recorder *r, const struct view *view, struct told *t, size_t max, bool *ret_done)
{
        uint32_t n_knobs = (uint32_t) catalogue_n_knobs(view->catalogue);
        size_t n = 0;

        for (; t->next_knob < n_knobs && n < max; t->next_knob++) {
                const struct knob *k = catalogue_knob_at(view->catalogue, t->next_knob);

                if (k->scope != t->id.scope || !has_value(k))
                        continue;
                tell_setting(r, view, k, t->id);
                n++;
        }
        *ret_done = t->next_knob >= n_knobs;
        return n;
}

static void go_on(struct recorder *r, const struct view *view, struct oid_list *list, size_t *left)
{
        while (list->n > 0 && *left > 0) {
                struct told *t = find_told(r, list->items[list->n - 1]);
                bool done = true;

                if (t)
                        *left -= tell_settings(r, view, t, *left, &done);
                if (done)
                        list->n--;
        }
}

static int hurry_wanted(void *userdata, uint32_t metric, uint64_t object)
{
        const struct change *c = userdata;

        hurry(c->recorder, (struct oid) { catalogue_metric_at(c->view->catalogue, metric)->scope, object });
        return 0;
}

static void tell_standing(struct recorder *r, const struct view *view)
{
        size_t left = SETTINGS_A_TICK;
        struct change change = { r, view };

        if (r->queue.n == 0 && r->urgent.n == 0)
                return;
        fail(r, store_foreach(view->store, hurry_wanted, &change));
        go_on(r, view, &r->urgent, &left);
        go_on(r, view, &r->queue, &left);
}

/* --- what was decided --- */

void recorder_decision(struct recorder *r, const struct view *view, const struct decision *d)
{
        const struct knob *k = catalogue_knob_at(view->catalogue, d->knob);
        const struct told *t;

        follow(r, view);
        t = find_told(r, d->object);
        if (t && t->next_knob <= d->knob && has_value(k))
                tell_setting(r, view, k, d->object);

        wire_item(&r->wire, &(struct item) {
                .kind = ITEM_DECISION,
                .decision = { .id = d->id, .verb = d->verb, .advise = d->advise, .knob = d->knob, .object = d->object,
                              .value = d->value, .rule = d->rule, .reason = d->reason },
        });
}

void recorder_outcome(struct recorder *r, const struct item *outcome, bool changed)
{
        struct told *t = find_told(r, outcome->outcome.object);

        wire_item(&r->wire, outcome);
        if (!changed || !t)
                return;
        t->next_knob = 0;
        t->urgent = true;
        push(r, &r->urgent, t->id);
}

int recorder_end(struct recorder *r, const struct view *view, struct bytes *out)
{
        int error;

        follow(r, view);
        if (r->take)
                tell_standing(r, view);
        if (r->error < 0)
                return r->error;
        if (!r->take)
                return wire_size(&r->wire) > WAITING_MAX ? -ENOBUFS : 0;

        error = wire_frame(&r->wire, view->now_ns, r->lost, out);
        r->lost = 0;
        return error;
}
