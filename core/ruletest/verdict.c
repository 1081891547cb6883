/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ruletest/play.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* Of what was decided instead, so much is told. */
enum { DEEDS_TOLD = 3 };

static bool is_deed(const struct expectation *e)
{
        return e->kind <= EXPECT_WITHDRAW;
}

static bool covers(const struct expectation *e, uint64_t time_ns)
{
        return time_ns >= e->when.from_ns && time_ns <= e->when.to_ns;
}

/* Advice is taken back in one way. */
static enum expectation_kind kind_of(const struct decision *d)
{
        if (d->advise)
                return d->verb == VERB_SET ? EXPECT_ADVISE : EXPECT_WITHDRAW;
        switch (d->verb) {
        case VERB_SET:
                return EXPECT_SET;
        case VERB_RESTORE:
                return EXPECT_RESTORE;
        case VERB_KEEP:
                break;
        }
        return EXPECT_KEEP;
}

/* EVERY_OBJECT: of no test's. */
static size_t find_object(const struct play *p, struct oid id)
{
        for (size_t i = 0; i < p->script->n_cast; i++)
                if (p->script->cast[i].here && oid_equal(p->script->cast[i].id, id))
                        return i;
        return EVERY_OBJECT;
}

static const char *const deed_words[] = {
        [EXPECT_SET] = "sets",       [EXPECT_RESTORE] = "restores",   [EXPECT_KEEP] = "keeps",
        [EXPECT_ADVISE] = "advises", [EXPECT_WITHDRAW] = "withdraws",
};

static char *describe(const struct play *p, const struct decision *d, const struct trimtab_value *from,
                      const struct trimtab_value *to)
{
        const struct knob *k = catalogue_knob_at(p->script->world->catalogue, d->knob);
        _cleanup_free_ char *time = time_text(p->time_ns), *object = objects_full_name(p->objects, d->object);
        _cleanup_free_ char *value = to ? value_format(k, to) : NULL,
                            *before = from ? value_format(k, from) : NULL;
        bool set = d->verb == VERB_SET;

        if (!time || !object || (to && !value) || (from && !before))
                return NULL;
        return str_printf("at %s, %s %s %s of %s%s%s%s%s%s: %s", time, d->rule, deed_words[kind_of(d)],
                          k->name, object, value ? " to " : "", value ?: "", set && before ? " (from " : "",
                          set && before ? before : "", set && before ? ")" : "", d->reason);
}

static bool matches(const struct expectation *e, const struct decision *d, const struct deed *deed)
{
        return is_deed(e) && e->kind == kind_of(d) && covers(e, deed->time_ns) &&
               streq(e->rule, deed->rule) && e->knob == deed->knob && e->object == deed->object &&
               (!e->has_value || value_equal(&e->value, &d->value));
}

static int add_deed(struct play *p, const struct decision *d, const struct trimtab_value *from,
                    const struct trimtab_value *to)
{
        struct deed deed = {
                .time_ns = p->time_ns,
                .rule = strdup(d->rule),
                .knob = d->knob,
                .object = find_object(p, d->object),
                .text = describe(p, d, from, to),
        };

        if (!deed.rule || !deed.text || array_reserve(&p->deeds, p->n_deeds, sizeof(*p->deeds)) < 0) {
                free(deed.rule);
                free(deed.text);
                return -ENOMEM;
        }
        for (size_t i = 0; i < p->script->n_expectations; i++) {
                struct expectation *e = &p->script->expectations[i];

                if (matches(e, d, &deed))
                        e->met = deed.expected = true;
        }
        p->deeds[p->n_deeds++] = deed;
        return 0;
}

void verdict_decided(void *userdata, const struct decision *d, const struct trimtab_value *from,
                     const struct trimtab_value *to)
{
        struct play *p = userdata;
        int r = add_deed(p, d, from, to);

        if (r < 0 && p->error == 0)
                p->error = r;
}

/* --- at each tick --- */

static int look_at_knob(struct play *p, struct expectation *e)
{
        const struct script_object *o = &p->script->cast[e->object];
        struct trimtab_value v;

        if (o->here && imagined_current(p->stage.knobs, e->knob, o->id, &v) >= 0 &&
            value_equal(&v, &e->value))
                return 0;
        e->failed = true;
        e->instead = state_of_knob(p, e->knob, e->object);
        return e->instead ? 0 : -ENOMEM;
}

/* How things stand at this tick, and until the next. */
static bool looks_now(const struct play *p, const struct expectation *e)
{
        if (e->when.point)
                return p->time_ns <= e->when.from_ns &&
                       e->when.from_ns - p->time_ns < p->script->options.tick_ns;
        return covers(e, p->time_ns);
}

int verdict_tick(struct play *p, bool last)
{
        for (size_t i = 0; i < p->script->n_expectations; i++) {
                struct expectation *e = &p->script->expectations[i];
                bool ends = last || p->time_ns + p->script->options.tick_ns > e->when.to_ns;
                int r = 0;

                if (e->failed)
                        continue;
                if (e->kind == EXPECT_VALUE && looks_now(p, e)) {
                        r = look_at_knob(p, e);
                } else if (e->kind == EXPECT_PHASE && looks_now(p, e)) {
                        r = state_not_in_phase(p, e->rule, e->object, e->phase, &e->instead);
                        e->failed = e->instead != NULL;
                } else if (is_deed(e) && !e->met && ends && covers(e, p->time_ns)) {
                        e->failed = true;
                        e->instead = state_of_rule(p, e->rule);
                        r = e->instead ? 0 : -ENOMEM;
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- at the end --- */

static bool always(const struct expectation *e, const struct deed *d)
{
        return true;
}

static bool by_rule(const struct expectation *e, const struct deed *d)
{
        return !e->rule || streq(e->rule, d->rule);
}

static bool on_knob(const struct expectation *e, const struct deed *d)
{
        return e->knob == d->knob && e->object == d->object;
}

static bool not_expected(const struct expectation *e, const struct deed *d)
{
        return !d->expected;
}

/* Those in the time of e, the first ones. How many there are. */
static size_t tell_deeds(const struct play *p, const struct expectation *e,
                         bool (*meant)(const struct expectation *e, const struct deed *d), FILE *f)
{
        size_t n = 0;

        for (size_t i = 0; i < p->n_deeds; i++)
                if (covers(e, p->deeds[i].time_ns) && meant(e, &p->deeds[i]) && n++ < DEEDS_TOLD)
                        fprintf(f, "%s%s", n == 1 ? "" : "; ", p->deeds[i].text);
        if (n > DEEDS_TOLD)
                fprintf(f, "; and %zu more", n - DEEDS_TOLD);
        return n;
}

static uint64_t distance(const struct expectation *e, const struct deed *d)
{
        if (d->time_ns < e->when.from_ns)
                return e->when.from_ns - d->time_ns;
        return d->time_ns > e->when.to_ns ? d->time_ns - e->when.to_ns : 0;
}

/* What the rule did on this knob at another time: a test is often off by a tick. */
static const struct deed *nearest(const struct play *p, const struct expectation *e)
{
        const struct deed *found = NULL;

        for (size_t i = 0; i < p->n_deeds; i++)
                if (on_knob(e, &p->deeds[i]) && by_rule(e, &p->deeds[i]) &&
                    (!found || distance(e, &p->deeds[i]) < distance(e, found)))
                        found = &p->deeds[i];
        return found;
}

static void tell_missing(const struct play *p, const struct expectation *e, FILE *f)
{
        const struct deed *d = nearest(p, e);

        if (tell_deeds(p, e, on_knob, f) > 0 || tell_deeds(p, e, by_rule, f) > 0)
                return;
        fprintf(f, "nothing was decided then, %s", e->instead);
        if (d)
                fprintf(f, "; but %s", d->text);
}

/* What was instead of e, into f. False: all is as expected. */
static bool tell(const struct play *p, const struct expectation *e, FILE *f)
{
        switch (e->kind) {
        case EXPECT_SET:
        case EXPECT_RESTORE:
        case EXPECT_KEEP:
        case EXPECT_ADVISE:
        case EXPECT_WITHDRAW:
                if (e->failed)
                        tell_missing(p, e, f);
                return e->failed;
        case EXPECT_VALUE:
        case EXPECT_PHASE:
                if (e->failed)
                        fputs(e->instead, f);
                return e->failed;
        case EXPECT_NOTHING:
                return tell_deeds(p, e, e->rule ? by_rule : always, f) > 0;
        case EXPECT_NO_OTHER:
                return tell_deeds(p, e, not_expected, f) > 0;
        }
        return false;
}

int verdict_tell(struct play *p, const char *test, struct diag *diag)
{
        for (size_t i = 0; i < p->script->n_expectations; i++) {
                const struct expectation *e = &p->script->expectations[i];
                char *text = NULL;
                size_t size;
                FILE *f = open_memstream(&text, &size);
                bool wrong;

                if (!f)
                        return -ENOMEM;
                wrong = tell(p, e, f);
                if (fclose(f) != 0) {
                        free(text);
                        return -ENOMEM;
                }
                if (wrong)
                        diag_add(diag, SEVERITY_ERROR, &e->place, "test '%s': not so: %s", test, text);
                free(text);
        }
        return 0;
}
