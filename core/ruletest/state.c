/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/explain.h"
#include "decide/expr-print.h"
#include "ruletest/play.h"
#include "util/ownership.h"
#include "util/str.h"

/* Of a rule on many objects, so many are told of. */
enum { INSTANCES_MAX = 3 };

struct telling {
        const struct play *play;
        const char *rule;
        FILE *f;
        size_t n;
};

static const char *const hindrance_words[OBSTACLE_COUNT] = {
        [OBSTACLE_PLUGIN] = "what it waits for",
        [OBSTACLE_OFF] = "its mode, off",
        [OBSTACLE_OBSERVE] = "the mode, observe",
        [OBSTACLE_ADVISE] = "the mode, advise",
        [OBSTACLE_NO_OBJECT] = "there being no object that it is for",
        [OBSTACLE_NO_DATA] = "a lack of data",
        [OBSTACLE_CONDITION] = "its condition, which is false",
        [OBSTACLE_HOLD] = "its hold",
        [OBSTACLE_GUARD] = "its guard",
        [OBSTACLE_COOLDOWN] = "its cooldown",
        [OBSTACLE_SETTLE] = "its last step, which has to settle",
        [OBSTACLE_STUCK] = "being stuck",
        [OBSTACLE_REST] = "its rest",
        [OBSTACLE_PROTECTED] = "the object being protected",
        [OBSTACLE_ATTEMPT] = "its last attempt, which came to nothing",
};

static void tell_hindrances(const struct explained_rule *r, FILE *f)
{
        for (size_t i = 0; i < r->n_hindrances; i++) {
                const struct hindrance *h = &r->hindrances[i];
                _cleanup_free_ char *left = h->left_ns > 0 ? time_text(h->left_ns) : NULL;

                fprintf(f, "%s%s", i == 0 ? "; held up by " : ", ", hindrance_words[h->what]);
                if (h->text || left)
                        fprintf(f, " (%s%s%s%s)", h->text ?: "", h->text && left ? ", " : "", left ?: "",
                                left ? " left" : "");
        }
}

static int tell_rule(void *userdata, const struct explained_rule *r)
{
        struct telling *t = userdata;
        const struct play *p = t->play;
        _cleanup_free_ char *object = NULL, *since = NULL;
        char buffer[400];
        struct text measured;

        if (!streq(r->rule->name, t->rule) || t->n++ >= INSTANCES_MAX)
                return 0;
        if (t->n > 1)
                fputs("; ", t->f);
        if (!r->has_object) {
                fprintf(t->f, "%s does not run", r->rule->name);
                tell_hindrances(r, t->f);
                return 0;
        }
        object = objects_full_name(p->objects, r->object);
        since = time_text(r->since_ns > START_NS ? r->since_ns - START_NS : 0);
        text_init(&measured, buffer, sizeof(buffer));
        text_add_seen(&measured, &r->rule->when, r->seen_when, p->script->world->catalogue);
        fprintf(t->f, "%s is %s on %s since %s", r->rule->name, phase_name(r->phase), object ?: "?",
                since ?: "?");
        if (*buffer)
                fprintf(t->f, ", %s", buffer);
        tell_hindrances(r, t->f);
        return 0;
}

char *state_of_rule(const struct play *p, const char *rule)
{
        char *text = NULL;
        size_t size;
        struct telling t = { .play = p, .rule = rule, .f = open_memstream(&text, &size) };
        struct view view = stage_view(&p->stage);
        int r;

        if (!t.f)
                return NULL;
        r = explain_rules(p->stage.engine, &view, tell_rule, &t);
        if (t.n > INSTANCES_MAX)
                fprintf(t.f, "; and %zu more", t.n - INSTANCES_MAX);
        if (fclose(t.f) == 0 && r >= 0)
                return text;
        free(text);
        return NULL;
}

char *state_of_knob(const struct play *p, uint32_t knob, size_t object)
{
        const struct script_object *o = &p->script->cast[object];
        const struct knob *k = catalogue_knob_at(p->script->world->catalogue, knob);
        _cleanup_free_ char *name = script_object_name(p->script, object), *time = time_text(p->time_ns),
                            *value = NULL;
        struct trimtab_value v;

        if (!name || !time)
                return NULL;
        if (!o->here)
                return str_printf("at %s, there is no %s", time, name);
        if (imagined_current(p->stage.knobs, knob, o->id, &v) < 0)
                return str_printf("at %s, %s of %s is not known", time, k->name, name);
        value = value_format(k, &v);
        if (!value)
                return NULL;
        for (size_t i = p->n_deeds; i > 0; i--)
                if (p->deeds[i - 1].knob == knob && p->deeds[i - 1].object == object)
                        return str_printf("at %s, %s of %s is %s: %s", time, k->name, name, value,
                                          p->deeds[i - 1].text);
        return str_printf("at %s, %s of %s is %s, nothing was decided on it", time, k->name, name, value);
}

struct looking {
        const struct play *play;
        const char *rule;
        const struct oid *object;
        enum phase phase;
        size_t n;
        char **ret;
};

static int look_at(void *userdata, const struct instance_info *info)
{
        struct looking *l = userdata;
        const struct play *p = l->play;
        _cleanup_free_ char *object = NULL, *time = NULL;

        if (!streq(info->rule->name, l->rule) || info->object.key == UINT64_MAX ||
            (l->object && !oid_equal(*l->object, info->object)))
                return 0;
        l->n++;
        if (info->phase == l->phase)
                return 0;
        object = objects_full_name(p->objects, info->object);
        time = time_text(p->time_ns);
        if (object && time)
                *l->ret = str_printf("at %s, %s is %s on %s%s%s", time, l->rule, phase_name(info->phase),
                                     object, *info->measured ? ": " : "", info->measured);
        return *l->ret ? 1 : -ENOMEM;
}

int state_not_in_phase(const struct play *p, const char *rule, size_t object, enum phase phase, char **ret)
{
        struct looking l = { .play = p, .rule = rule, .phase = phase, .ret = ret };
        _cleanup_free_ char *time = time_text(p->time_ns);
        int r;

        *ret = NULL;
        if (object != EVERY_OBJECT)
                l.object = &p->script->cast[object].id;
        if (object == EVERY_OBJECT || p->script->cast[object].here) {
                r = engine_foreach_instance(p->stage.engine, look_at, &l);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        if (l.n > 0)
                return 0;
        *ret = str_printf("at %s, %s does not run for %s", time ?: "?", rule,
                          object == EVERY_OBJECT ? "any object" : "this object");
        return *ret ? 0 : -ENOMEM;
}
