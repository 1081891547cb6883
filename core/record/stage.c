/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/stage.h"

#include <errno.h>

#include "decide/value.h"
#include "record/numbers.h"

int stage_init(struct stage *s, const struct catalogue *catalogue, struct objects *objects)
{
        int r;

        s->catalogue = catalogue;
        s->objects = objects;
        s->mode = MODE_ENFORCE;
        r = store_new(catalogue, &s->store);
        if (r >= 0)
                r = engine_new(&s->engine);
        if (r >= 0)
                r = imagined_new(&s->knobs);
        if (r >= 0)
                r = slot_totals_new(&s->totals);
        return r;
}

void stage_clear(struct stage *s)
{
        slot_totals_free(s->totals);
        imagined_free(s->knobs);
        engine_free(s->engine);
        store_free(s->store);
}

int stage_bind(struct stage *s, const struct ini *rules, struct diag *diag)
{
        struct ruleset *set = NULL;
        int r;

        r = ruleset_parse(rules, s->catalogue, s->objects, diag, &set);
        if (r < 0)
                return r;
        s->kept = false;
        return engine_set_rules(s->engine, set);
}

int stage_remove(struct stage *s, struct oid object)
{
        slot_totals_forget(s->totals, s->catalogue, object);
        imagined_forget(s->knobs, (uint32_t) catalogue_n_knobs(s->catalogue), object);
        store_forget(s->store, object);
        return objects_remove(s->objects, object);
}

int stage_put_histogram(struct stage *s, uint32_t metric, uint64_t object, uint64_t now_ns,
                        const struct slot_count *slots, size_t n_slots, double sum)
{
        uint64_t *totals = slot_totals_of(s->totals, metric, object, NULL);

        if (!totals)
                return -ENOMEM;
        for (size_t i = 0; i < n_slots; i++)
                totals[slots[i].slot] += slots[i].count;
        return store_put_histogram(s->store, metric, object, now_ns, totals, TRIMTAB_HIST_SLOTS, sum);
}

/* --- as the rules see it: what is no setting but a deed has no value, and is in no recording --- */

static int current(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        const struct stage *s = userdata;

        if (!(knob->flags & TRIMTAB_KNOB_ACTION))
                return imagined_current(s->knobs, knob->number, object, ret);
        *ret = value_of_deed(knob->type);
        return 0;
}

static int original(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret)
{
        const struct stage *s = userdata;

        if (!(knob->flags & TRIMTAB_KNOB_ACTION))
                return imagined_original(s->knobs, knob->number, object, ret);
        *ret = value_of_deed(knob->type);
        return 0;
}

static bool busy(void *userdata, const struct knob *knob, struct oid object)
{
        return false;
}

struct view stage_view(const struct stage *s)
{
        return (struct view){
                .catalogue = s->catalogue,
                .objects = s->objects,
                .store = s->store,
                .now_ns = s->now_ns,
                .mode = s->mode,
                .protect = s->protect,
                .current = current,
                .original = original,
                .busy = busy,
                .userdata = (void *) s,
        };
}

static int keep(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        const struct stage *s = userdata;

        store_keep(s->store, metric, window_ns);
        return 0;
}

/* The daemon looks what must be kept every tick; windows change only with rules and objects. */
int stage_begin(struct stage *s, uint64_t now_ns)
{
        uint64_t generation = objects_generation(s->objects);
        struct view view;

        s->now_ns = now_ns;
        if (s->kept && s->generation == generation)
                return 0;
        s->kept = true;
        s->generation = generation;
        view = stage_view(s);
        return engine_wants(s->engine, &view, keep, s);
}

static int imagine(struct stage *s, const struct decision *d)
{
        if (d->advise || d->verb == VERB_KEEP)
                return 0;
        return imagined_hold(s->knobs, d->knob, d->object, d->verb == VERB_SET ? &d->value : NULL);
}

static void heed(struct stage *s, const struct decision *d)
{
        const struct knob *k = catalogue_knob_at(s->catalogue, d->knob);
        const struct trimtab_value *to = NULL;
        struct trimtab_value from, by_itself;
        int known, r;

        known = current(s, k, d->object, &from);
        if (d->verb == VERB_SET)
                to = &d->value;
        else if (d->verb == VERB_RESTORE && original(s, k, d->object, &by_itself) >= 0)
                to = &by_itself;
        s->decided(s->userdata, d, known < 0 ? NULL : &from, to);
        r = imagine(s, d);
        engine_outcome(s->engine, d->knob, d->object, r, r < 0 || d->verb != VERB_SET ? NULL : &d->value);
}

int stage_end(struct stage *s)
{
        struct view view = stage_view(s);
        struct decisions decisions = {};
        int r;

        r = engine_tick(s->engine, &view, &decisions);
        for (size_t i = 0; r >= 0 && i < decisions.n; i++)
                heed(s, &decisions.items[i]);
        return r;
}
