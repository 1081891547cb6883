/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "record/stage.h"
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
        struct stage stage;
        bool bind; /* something new can be named: the rules must be read anew */
        uint64_t n_readings, n_unused;
};

DEFINE_CLEANUP(struct replay *, replay_free);

struct replay *replay_free(struct replay *p)
{
        if (!p)
                return NULL;
        stage_clear(&p->stage);
        translation_clear(&p->translation);
        catalogue_free(p->catalogue);
        objects_free(p->objects);
        free(p);
        return NULL;
}

static int bind_rules(struct replay *p, struct diag *diag)
{
        p->bind = false;
        return stage_bind(&p->stage, p->rules, diag);
}

static void on_decided(void *userdata, const struct decision *d, const struct trimtab_value *from,
                       const struct trimtab_value *to)
{
        const struct replay *p = userdata;

        p->events.decided(p->events.userdata, p->frame.time_ns, d, from, to);
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
                r = stage_init(&p->stage, p->catalogue, p->objects);
        if (r < 0)
                return r;
        catalogue_set_kinds_unknown(p->catalogue);

        p->stage.decided = on_decided;
        p->stage.userdata = p;
        p->translation.catalogue = p->catalogue;
        p->translation.objects = p->objects;
        r = take_header(p);
        p->stage.protect = p->facts.protect;
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
        return stage_remove(&p->stage, id) < 0 ? -EINVAL : 0;
}

static int take_setting(struct replay *p, const struct item *item)
{
        uint32_t knob = translate(&p->translation.knobs, item->setting.knob);
        struct oid id = item->setting.object;

        if (knob == UINT32_MAX || translate_oid(&p->translation, &id) < 0)
                return -EINVAL;
        return imagined_base(p->stage.knobs, knob, id, item->setting.error, &item->setting.value);
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
                return stage_put_histogram(&p->stage, metric, reading->object, p->frame.time_ns, reading->slots,
                                           reading->n_slots, reading->value);
        return store_put(p->stage.store, metric, reading->object, p->frame.time_ns, reading->value);
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

int replay_next(struct replay *p, struct frame *ret)
{
        int r = recording_next_frame(p->reader, &p->frame);

        *ret = p->frame;
        return r;
}

int replay_tick(struct replay *p)
{
        int r;

        r = take_items(p);
        if (r >= 0 && p->bind) {
                _cleanup_(diag_clear) struct diag again = {};

                r = bind_rules(p, &again);
        }
        if (r >= 0)
                r = stage_begin(&p->stage, p->frame.time_ns);
        if (r >= 0)
                r = take_readings(p);
        return r < 0 ? r : stage_end(&p->stage);
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
        return p->stage.engine;
}

uint64_t replay_unused(const struct replay *p)
{
        return p->n_unused;
}

uint64_t replay_n_readings(const struct replay *p)
{
        return p->n_readings;
}
