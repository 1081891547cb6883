/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "record/imagined.h"
#include "record/slot-totals.h"
#include "record/translate.h"
#include "util/ownership.h"
#include "util/str.h"

struct replay {
        struct recording_reader *reader;
        const struct ini *rules;
        struct replay_events events;
        struct recording_facts facts;
        struct frame frame;
        struct catalogue *catalogue;
        struct objects *objects;
        struct translation translation;
        struct store *store;
        struct engine *engine;
        struct imagined *knobs;
        struct slot_totals *totals; /* histograms are recorded by what came, and the store wants totals */
        bool bind;             /* something new can be named: the rules must be read anew */
        bool kept;             /* the store keeps what is wanted as of this generation */
        uint64_t generation;
        uint64_t n_readings, n_unused;
};

DEFINE_CLEANUP(struct replay *, replay_free);

struct replay *replay_free(struct replay *p)
{
        if (!p)
                return NULL;
        slot_totals_free(p->totals);
        imagined_free(p->knobs);
        engine_free(p->engine);
        store_free(p->store);
        translation_clear(&p->translation);
        catalogue_free(p->catalogue);
        objects_free(p->objects);
        free(p);
        return NULL;
}

static int bind_rules(struct replay *p, struct diag *diag)
{
        struct ruleset *set = NULL;
        int r;

        r = ruleset_parse(p->rules, p->catalogue, p->objects, diag, &set);
        if (r < 0)
                return r;
        p->bind = p->kept = false;
        return engine_set_rules(p->engine, set);
}

static int take_header(struct replay *p)
{
        const struct header *h = recording_header(p->reader);
        struct item item;
        int r;

        header_facts(h, &p->facts);
        for (size_t i = 0; i < header_n_definitions(h); i++) {
                r = header_definition(h, i, &item);
                if (r >= 0)
                        r = translate_definition(&p->translation, &item);
                if (r == -ENOMEM)
                        return r;
                p->n_unused += r < 0;
        }
        return 0;
}

int replay_new(struct recording_reader *reader, const struct ini *rules, const struct replay_events *events,
               struct diag *diag, struct replay **ret)
{
        _cleanup_(replay_freep) struct replay *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->reader = reader;
        p->rules = rules;
        p->events = *events;

        r = catalogue_new(&p->catalogue);
        if (r >= 0)
                r = objects_new(&p->objects);
        if (r >= 0)
                r = store_new(p->catalogue, &p->store);
        if (r >= 0)
                r = engine_new(&p->engine);
        if (r >= 0)
                r = imagined_new(&p->knobs);
        if (r >= 0)
                r = slot_totals_new(&p->totals);
        if (r < 0)
                return r;

        p->translation.catalogue = p->catalogue;
        p->translation.objects = p->objects;
        r = take_header(p);
        if (r >= 0)
                r = bind_rules(p, diag);
        if (r < 0)
                return r;

        *ret = TAKE(p);
        return 0;
}

/* --- what the recording tells --- */

static int take_object(struct replay *p, const struct item *item)
{
        struct oid id = item->object.id;
        const struct object *known;

        if (translate_oid(&p->translation, &id) < 0)
                return -EINVAL;
        /* Each block tells its objects again. */
        known = objects_get(p->objects, id);
        if (known && streq(known->name, item->object.name))
                return 0;
        return objects_add(p->objects, id, item->object.name, NULL);
}

static int take_gone(struct replay *p, const struct item *item)
{
        struct oid id = item->gone;

        if (translate_oid(&p->translation, &id) < 0)
                return -EINVAL;
        slot_totals_forget(p->totals, p->catalogue, id);
        imagined_forget(p->knobs, (uint32_t) catalogue_n_knobs(p->catalogue), id);
        store_forget(p->store, id);
        return objects_remove(p->objects, id) < 0 ? -EINVAL : 0;
}

static int take_setting(struct replay *p, const struct item *item)
{
        uint32_t knob = translate(&p->translation.knobs, item->setting.knob);
        struct oid id = item->setting.object;

        if (knob == UINT32_MAX || translate_oid(&p->translation, &id) < 0)
                return -EINVAL;
        return imagined_base(p->knobs, knob, id, item->setting.error, &item->setting.value);
}

static int take_history(struct replay *p, struct item *item)
{
        uint32_t *knob = item->kind == ITEM_DECISION ? &item->decision.knob : &item->outcome.knob;
        struct oid *id = item->kind == ITEM_DECISION ? &item->decision.object : &item->outcome.object;

        *knob = translate(&p->translation.knobs, *knob);
        if (*knob == UINT32_MAX || translate_oid(&p->translation, id) < 0)
                return -EINVAL;
        p->events.recorded(p->events.userdata, p->frame.time_ns, item);
        return 0;
}

static int take_item(struct replay *p, struct item *item)
{
        switch (item->kind) {
        case ITEM_SCOPE:
        case ITEM_METRIC:
        case ITEM_KNOB:
                p->bind = true;
                return translate_definition(&p->translation, item);
        case ITEM_OBJECT:
                return take_object(p, item);
        case ITEM_GONE:
                return take_gone(p, item);
        case ITEM_SETTING:
                return take_setting(p, item);
        case ITEM_DECISION:
        case ITEM_OUTCOME:
                return take_history(p, item);
        }
        return -EINVAL;
}

static int put_histogram(struct replay *p, uint32_t metric, const struct reading *reading)
{
        uint64_t *totals = slot_totals_of(p->totals, metric, reading->object, NULL);

        if (!totals)
                return -ENOMEM;
        for (size_t i = 0; i < reading->n_slots; i++)
                totals[reading->slots[i].slot] += reading->slots[i].count;
        return store_put_histogram(p->store, metric, reading->object, p->frame.time_ns, totals, TRIMTAB_HIST_SLOTS,
                                   reading->value);
}

static int put(struct replay *p, const struct reading *reading)
{
        uint32_t metric = translate(&p->translation.metrics, reading->metric);
        const struct metric *m;

        if (metric == UINT32_MAX)
                return -EINVAL;
        m = catalogue_metric_at(p->catalogue, metric);
        if ((m->kind == TRIMTAB_HISTOGRAM) != reading->histogram)
                return -EINVAL;
        if (reading->histogram)
                return put_histogram(p, metric, reading);
        return store_put(p->store, metric, reading->object, p->frame.time_ns, reading->value);
}

/* What cannot be used is counted and passed over; memory is another matter. */
static int count(struct replay *p, int r)
{
        if (r == -ENOMEM)
                return r;
        p->n_unused += r < 0;
        return 0;
}

static int take_items(struct replay *p)
{
        struct item item;
        int r;

        while ((r = recording_next_item(p->reader, &item)) > 0) {
                r = count(p, take_item(p, &item));
                if (r < 0)
                        return r;
        }
        return r;
}

static int take_readings(struct replay *p)
{
        struct reading reading;
        int r;

        while ((r = recording_next_reading(p->reader, &reading)) > 0) {
                r = count(p, put(p, &reading));
                if (r < 0)
                        return r;
                p->n_readings++;
        }
        return r;
}

/* --- what the rules make of it --- */

static int current(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        const struct replay *p = userdata;

        return imagined_current(p->knobs, knob->number, object, ret);
}

static int original(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        const struct replay *p = userdata;

        return imagined_original(p->knobs, knob->number, object, ret);
}

static bool busy(void *userdata, const struct knob *knob, struct oid object)
{
        return false;
}

static int keep(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        const struct replay *p = userdata;

        store_keep(p->store, metric, window_ns);
        return 0;
}

/* The daemon does so every tick; windows change only with rules and objects. */
static int keep_wanted(struct replay *p, const struct view *view)
{
        uint64_t generation = objects_generation(p->objects);

        if (p->kept && p->generation == generation)
                return 0;
        p->kept = true;
        p->generation = generation;
        return engine_wants(p->engine, view, keep, p);
}

static int imagine(struct replay *p, const struct decision *d)
{
        if (d->advise || d->verb == VERB_KEEP)
                return 0;
        return imagined_hold(p->knobs, d->knob, d->object, d->verb == VERB_SET ? &d->value : NULL);
}

static void heed(struct replay *p, const struct decisions *decisions)
{
        for (size_t i = 0; i < decisions->n; i++) {
                const struct decision *d = &decisions->items[i];
                const struct trimtab_value *to = NULL;
                struct trimtab_value from, by_itself;
                int known, r;

                known = imagined_current(p->knobs, d->knob, d->object, &from);
                if (d->verb == VERB_SET)
                        to = &d->value;
                else if (d->verb == VERB_RESTORE && imagined_original(p->knobs, d->knob, d->object, &by_itself) >= 0)
                        to = &by_itself;
                p->events.decided(p->events.userdata, p->frame.time_ns, d, known < 0 ? NULL : &from, to);
                r = imagine(p, d);
                engine_outcome(p->engine, d->knob, d->object, r, r < 0 || d->verb != VERB_SET ? NULL : &d->value);
        }
}

int replay_next(struct replay *p, struct frame *ret)
{
        int r = recording_next_frame(p->reader, &p->frame);

        *ret = p->frame;
        return r;
}

int replay_tick(struct replay *p)
{
        struct view view = {
                .catalogue = p->catalogue,
                .objects = p->objects,
                .store = p->store,
                .now_ns = p->frame.time_ns,
                .mode = MODE_ENFORCE,
                .protect = p->facts.protect,
                .current = current,
                .original = original,
                .busy = busy,
                .userdata = p,
        };
        struct decisions decisions = {};
        int r;

        r = take_items(p);
        if (r >= 0 && p->bind) {
                _cleanup_(diag_clear) struct diag again = {};

                r = bind_rules(p, &again);
        }
        if (r >= 0)
                r = keep_wanted(p, &view);
        if (r >= 0)
                r = take_readings(p);
        if (r >= 0)
                r = engine_tick(p->engine, &view, &decisions);
        if (r < 0)
                return r;

        heed(p, &decisions);
        return 0;
}

const struct catalogue *replay_catalogue(const struct replay *p)
{
        return p->catalogue;
}

const struct objects *replay_objects(const struct replay *p)
{
        return p->objects;
}

const struct engine *replay_engine(const struct replay *p)
{
        return p->engine;
}

uint64_t replay_unused(const struct replay *p)
{
        return p->n_unused;
}

uint64_t replay_n_readings(const struct replay *p)
{
        return p->n_readings;
}
