/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/play.h"

#include <errno.h>
#include <stdlib.h>

#include "record/numbers.h"
#include "util/array.h"

/* CPUs and interrupts are known by their numbers. */
static uint64_t key_for(struct play *p, const struct script_object *o)
{
        unsigned long long key;
        char *end;

        if (o->scope == SCOPE_HOST)
                return 0;
        key = strtoull(o->name, &end, 10);
        if ((o->scope == SCOPE_CPU || o->scope == SCOPE_IRQ) && *end == '\0' && key < UINT32_MAX)
                return key;
        return (1ull << 32) + p->n_keys++;
}

static bool is_there(const struct script_object *o, uint64_t time_ns)
{
        for (size_t i = 0; i < o->n_spans; i++)
                if (time_ns >= o->spans[i].from_ns && time_ns < o->spans[i].to_ns)
                        return true;
        return o->n_spans == 0;
}

/* Its knobs, as they stand by themselves. */
static int set_up_knobs(struct play *p, size_t object)
{
        const struct script *s = p->script;
        const struct script_object *o = &s->cast[object];
        int r = 0;

        for (int own = 0; own <= 1; own++)
                for (size_t i = 0; r >= 0 && i < s->n_settings; i++) {
                        const struct script_setting *set = &s->settings[i];
                        bool meant = own ? set->object == object : set->object == EVERY_OBJECT && o->listed;

                        if (meant && catalogue_knob_at(s->world->catalogue, set->knob)->scope == o->scope)
                                r = imagined_base(p->stage.knobs, set->knob, o->id, 0, &set->value);
                }
        return r;
}

static int come(struct play *p, size_t object)
{
        struct script_object *o = &p->script->cast[object];
        int r = 0;

        o->here = true;
        o->id = (struct oid){ o->scope, key_for(p, o) };
        if (o->scope != SCOPE_HOST)
                r = objects_add(p->objects, o->id, o->name, NULL);
        return r < 0 ? r : set_up_knobs(p, object);
}

static void go(struct play *p, struct script_object *o)
{
        o->here = false;
        (void) stage_remove(&p->stage, o->id);
}

/* 1: something came or went. */
static int come_and_go(struct play *p)
{
        struct script *s = p->script;
        int changed = 0;

        for (size_t i = 0; i < s->n_cast; i++)
                if (s->cast[i].here && !is_there(&s->cast[i], p->time_ns)) {
                        go(p, &s->cast[i]);
                        changed = 1;
                }
        for (size_t i = 0; i < s->n_cast; i++)
                if (!s->cast[i].here && is_there(&s->cast[i], p->time_ns)) {
                        int r = come(p, i);

                        if (r < 0)
                                return r;
                        changed = 1;
                }
        return changed;
}

/* As in the daemon: rules are bound anew when knobs come with a device or go with it. */
static int follow(struct play *p)
{
        _cleanup_(diag_clear) struct diag again = {};
        int r;

        r = come_and_go(p);
        if (r > 0)
                r = catalogue_follow(p->script->world->catalogue, p->objects);
        if (r > 0 || (r == 0 && p->time_ns == 0))
                r = stage_bind(&p->stage, p->script->rules, &again);
        return r;
}

static int put_histogram(struct play *p, struct stream *s, const struct course_part *parts, size_t n)
{
        struct slot_count slots[COURSE_PARTS_MAX];
        uint64_t key = p->script->cast[s->object].id.key;

        for (size_t i = 0; i < n; i++) {
                slots[i].slot = trimtab_hist_slot((uint64_t) (parts[i].value + 0.5));
                slots[i].count = (uint32_t) parts[i].count;
                s->total += parts[i].count * parts[i].value;
        }
        return stage_put_histogram(&p->stage, s->feed->metric, key, p->stage.now_ns, slots, n, s->total);
}

/* Of what is counted, the first reading only says where counting starts: it was a tick before the first that
 * is written. */
static int begin(struct play *p, struct stream *s, bool histogram)
{
        uint64_t key = p->script->cast[s->object].id.key, tick_ns = p->script->options.tick_ns;

        s->begun = true;
        s->total = 0;
        s->last_ns = p->time_ns;
        if (histogram)
                return stage_put_histogram(&p->stage, s->feed->metric, key, p->stage.now_ns - tick_ns, NULL,
                                           0, 0);
        return store_put(p->stage.store, s->feed->metric, key, p->stage.now_ns - tick_ns, 0);
}

static int put(struct play *p, struct stream *s)
{
        const struct metric *m = catalogue_metric_at(p->script->world->catalogue, s->feed->metric);
        const struct script_object *o = &p->script->cast[s->object];
        struct course_part parts[COURSE_PARTS_MAX];
        uint64_t tick_ns = p->script->options.tick_ns, passed_ns;
        size_t n = 0;
        int r = 0;

        if (o->here)
                n = course_at(&s->feed->course, p->time_ns, tick_ns, parts);
        else
                s->begun = false;
        if (n == 0)
                return 0;
        if (m->kind == TRIMTAB_GAUGE)
                return store_put(p->stage.store, m->number, o->id.key, p->stage.now_ns, parts[0].value);

        passed_ns = s->begun ? p->time_ns - s->last_ns : tick_ns;
        if (!s->begun)
                r = begin(p, s, m->kind == TRIMTAB_HISTOGRAM);
        if (r < 0)
                return r;
        s->last_ns = p->time_ns;
        if (m->kind == TRIMTAB_HISTOGRAM)
                return put_histogram(p, s, parts, n);
        s->total += parts[0].value * (double) passed_ns / 1e9;
        return store_put(p->stage.store, m->number, o->id.key, p->stage.now_ns, s->total);
}

static bool has_own(const struct script *s, uint32_t metric, size_t object)
{
        for (size_t i = 0; i < s->n_feeds; i++)
                if (s->feeds[i].metric == metric && s->feeds[i].object == object)
                        return true;
        return false;
}

static int add_stream(struct play *p, const struct script_feed *feed, size_t object)
{
        if (array_reserve(&p->streams, p->n_streams, sizeof(*p->streams)) < 0)
                return -ENOMEM;
        p->streams[p->n_streams++] = (struct stream){ .feed = feed, .object = object };
        return 0;
}

static int set_up_streams(struct play *p)
{
        const struct script *s = p->script;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < s->n_feeds; i++) {
                const struct script_feed *f = &s->feeds[i];
                uint32_t scope = catalogue_metric_at(s->world->catalogue, f->metric)->scope;

                if (f->object != EVERY_OBJECT)
                        r = add_stream(p, f, f->object);
                for (size_t k = 0; r >= 0 && f->object == EVERY_OBJECT && k < s->n_cast; k++)
                        if (s->cast[k].scope == scope && s->cast[k].listed && !has_own(s, f->metric, k))
                                r = add_stream(p, f, k);
        }
        return r;
}

static int set_up(struct play *p)
{
        struct script *s = p->script;
        const char *name;
        int r;

        r = objects_new(&p->objects);
        for (uint32_t i = 0; r >= 0 && (name = objects_scope_name(s->world->scopes, i)); i++)
                r = objects_scope_add(p->objects, name);
        if (r >= 0)
                r = stage_init(&p->stage, s->world->catalogue, p->objects);
        if (r < 0)
                return r;
        p->stage.mode = s->options.mode;
        p->stage.protect = (const char *const *) s->options.protect;
        p->stage.decided = verdict_decided;
        p->stage.userdata = p;
        return set_up_streams(p);
}

static int tick(struct play *p, bool last)
{
        int r;

        r = follow(p);
        if (r >= 0)
                r = stage_begin(&p->stage, START_NS + p->time_ns);
        for (size_t i = 0; r >= 0 && i < p->n_streams; i++)
                r = put(p, &p->streams[i]);
        if (r >= 0)
                r = stage_end(&p->stage);
        if (r >= 0)
                r = p->error;
        return r < 0 ? r : verdict_tick(p, last);
}

int play_run(struct play *p)
{
        uint64_t tick_ns = p->script->options.tick_ns, end_ns = p->script->end_ns;
        int r;

        r = set_up(p);
        for (p->time_ns = 0; r >= 0 && p->time_ns <= end_ns; p->time_ns += tick_ns)
                r = tick(p, p->time_ns + tick_ns > end_ns);
        return r;
}

void play_clear(struct play *p)
{
        stage_clear(&p->stage);
        objects_free(p->objects);
        for (size_t i = 0; i < p->n_deeds; i++) {
                free(p->deeds[i].rule);
                free(p->deeds[i].text);
        }
        free(p->deeds);
        free(p->streams);
}
