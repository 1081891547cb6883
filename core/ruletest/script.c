/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/script.h"

#include <errno.h>
#include <string.h>

#include "decide/action-parse.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* Of them, those that trimtab.conf has, too, are read as there. */
static const char *const keys[] = { "description", "rules", "tick",    "mode",  "protect",
                                    "objects",     "knobs", "samples", "expect" };

static bool is_option(const char *key)
{
        return streq(key, "tick") || streq(key, "mode") || streq(key, "protect");
}

static struct place key_place(const struct ini_entry *e)
{
        struct place place = e->place;

        place.width = (unsigned) strlen(e->key);
        return place;
}

static void check_keys(const struct ini_section *section, bool is_default, struct diag *diag)
{
        for (size_t i = 0; i < section->n_entries; i++) {
                const struct ini_entry *e = &section->entries[i];
                struct place place = key_place(e);
                size_t k = 0;

                while (k < ELEMENTSOF(keys) && !streq(keys[k], e->key))
                        k++;
                if (k == ELEMENTSOF(keys))
                        (void) refuse_unknown(diag, &place, "key", e->key, keys, ELEMENTSOF(keys));
                else if (is_default && streq(e->key, "expect"))
                        diag_add(diag, SEVERITY_ERROR, &place, "what is expected stands in each [test NAME]");
        }
}

static int read_options(struct script *s, const struct ini_section *section, struct diag *diag)
{
        for (size_t i = 0; i < section->n_entries; i++) {
                const struct ini_entry *e = &section->entries[i];

                if (is_option(e->key) && e == ini_get(section, e->key) && e->n_lines > 0) {
                        int r = options_load_entry(&s->options, e, diag);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* A bad line does not hide the next one. */
static int read_lines(struct script *s, const struct ini_section *section, const char *key, bool is_default,
                      struct diag *diag,
                      int (*line)(struct script *s, struct reading *r, const struct ini_line *line,
                                  bool is_default))
{
        const struct ini_entry *e = section ? ini_get(section, key) : NULL;
        struct reading reading = {
                .catalogue = s->world->catalogue,
                .objects = s->objects,
                .diag = diag,
                .diag_from = diag->n,
                .scope = SCOPE_WAITING,
                .strict = true,
        };

        for (size_t i = 0; e && i < e->n_lines; i++) {
                const char *comment = find_comment(e->lines[i].text);
                int r = comment ? refuse_comment(diag, &e->lines[i], comment)
                                : line(s, &reading, &e->lines[i], is_default);

                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

static int read_both(struct script *s, const struct ini_section *defaults, const struct ini_section *test,
                     const char *key, struct diag *diag,
                     int (*line)(struct script *s, struct reading *r, const struct ini_line *line,
                                 bool is_default))
{
        int r;

        r = read_lines(s, defaults, key, true, diag, line);
        return r < 0 ? r : read_lines(s, test, key, false, diag, line);
}

/* What stands behind an object's name. */
static int expect_set(struct reading *r, struct lexer *l)
{
        if (l->token.type == TOKEN_SET)
                return lexer_next(l);
        diag_add(r->diag, SEVERITY_ERROR, &l->token.place, "expected '=', found %s",
                 token_text(&l->token).text);
        return -EINVAL;
}

/* One of that subject was there: it gives way (0), or this is an error. */
static int give_way(struct reading *r, const struct ini_line *line, bool was_default, bool is_default)
{
        struct place place = line->place;

        if (was_default && !is_default)
                return 0;
        place.width = (unsigned) strlen(line->text);
        diag_add(r->diag, SEVERITY_ERROR, &place, "this is told already, in a line above");
        return -EINVAL;
}

static int take_setting(struct script *s, struct reading *r, const struct ini_line *line,
                        const struct script_setting *new)
{
        size_t at = 0;

        while (at < s->n_settings &&
               (s->settings[at].knob != new->knob || s->settings[at].object != new->object))
                at++;
        if (at < s->n_settings) {
                int e = give_way(r, line, s->settings[at].is_default, new->is_default);

                if (e < 0)
                        return e;
        } else {
                if (array_reserve(&s->settings, s->n_settings, sizeof(*s->settings)) < 0)
                        return -ENOMEM;
                s->n_settings++;
        }
        s->settings[at] = *new;
        return 0;
}

/* KNOB [@OBJECT] = VALUE */
int script_read_knob(struct script *s, struct reading *r, const struct ini_line *line, bool is_default)
{
        _cleanup_(selector_clear) struct selector selector = {};
        struct script_setting setting = { .is_default = is_default };
        const struct knob *knob;
        struct lexer l;
        int e;

        e = lexer_init(&l, line, 1, r->diag);
        if (e >= 0)
                e = target_read(r, &l, &knob, &selector);
        if (e < 0)
                return e;
        e = script_find_object(s, r, &selector, l.last.type == TOKEN_SELECTOR ? &l.last : NULL, knob->scope,
                               &setting.object);
        if (e >= 0)
                e = expect_set(r, &l);
        if (e >= 0)
                e = value_read(r, &l, knob, &setting.value);
        if (e < 0)
                return e;
        if (l.token.type != TOKEN_END) {
                diag_add(r->diag, SEVERITY_ERROR, &l.token.place, "expected the end of the line, found %s",
                         token_text(&l.token).text);
                return -EINVAL;
        }
        setting.knob = knob->number;
        return take_setting(s, r, line, &setting);
}

/* Takes over the course. */
static int take_feed(struct script *s, struct reading *r, const struct ini_line *line,
                     struct script_feed *new)
{
        size_t at = 0;
        int e = 0;

        while (at < s->n_feeds && (s->feeds[at].metric != new->metric || s->feeds[at].object != new->object))
                at++;
        if (at < s->n_feeds)
                e = give_way(r, line, s->feeds[at].is_default, new->is_default);
        else if (array_reserve(&s->feeds, s->n_feeds, sizeof(*s->feeds)) < 0)
                e = -ENOMEM;
        if (e < 0) {
                course_clear(&new->course);
                return e;
        }
        if (at < s->n_feeds)
                course_clear(&s->feeds[at].course);
        else
                s->n_feeds++;
        s->feeds[at] = *new;
        return 0;
}

/* METRIC [@OBJECT], checked. */
static int read_subject(struct script *s, struct reading *r, struct lexer *l, const struct metric **ret,
                        size_t *ret_object)
{
        _cleanup_(selector_clear) struct selector selector = {};
        struct token name = l->token, t;
        bool given;
        int e;

        if (name.type != TOKEN_NAME) {
                diag_add(r->diag, SEVERITY_ERROR, &name.place,
                         "expected a metric, such as cgroup.cpu_some, found %s", token_text(&name).text);
                return -EINVAL;
        }
        e = name_metric(r, &name, ret);
        if (e >= 0)
                e = lexer_next(l);
        if (e < 0)
                return e;

        t = l->token;
        given = t.type == TOKEN_SELECTOR;
        e = name_selector(r, given ? &t : NULL, &selector);
        if (e >= 0 && given)
                e = lexer_next(l);
        if (e >= 0)
                e = name_check_scope(r, &selector, (*ret)->name, (*ret)->scope,
                                     given ? &t.place : &name.place);
        return e < 0 ? e : script_find_object(s, r, &selector, given ? &t : NULL, (*ret)->scope, ret_object);
}

/* METRIC [@OBJECT] = COURSE */
int script_read_sample(struct script *s, struct reading *r, const struct ini_line *line, bool is_default)
{
        struct script_feed feed = { .is_default = is_default };
        const struct metric *metric;
        struct lexer l;
        int e;

        e = lexer_init(&l, line, 1, r->diag);
        if (e >= 0)
                e = read_subject(s, r, &l, &metric, &feed.object);
        if (e >= 0)
                e = expect_set(r, &l);
        if (e >= 0)
                e = course_parse(r, &l, metric, s->options.tick_ns, &feed.course);
        if (e < 0)
                return e;
        feed.metric = metric->number;
        return take_feed(s, r, line, &feed);
}

static void later(uint64_t *end_ns, uint64_t time_ns)
{
        if (time_ns != UINT64_MAX && time_ns > *end_ns)
                *end_ns = time_ns;
}

/* It runs for as long as it says something about. */
static void find_end(struct script *s, const struct ini_section *test, struct diag *diag)
{
        for (size_t i = 0; i < s->n_cast; i++)
                for (size_t k = 0; k < s->cast[i].n_spans; k++) {
                        later(&s->end_ns, s->cast[i].spans[k].from_ns);
                        later(&s->end_ns, s->cast[i].spans[k].to_ns);
                }
        for (size_t i = 0; i < s->n_feeds; i++)
                later(&s->end_ns, course_end(&s->feeds[i].course));
        for (size_t i = 0; i < s->n_expectations; i++) {
                later(&s->end_ns, s->expectations[i].when.from_ns);
                later(&s->end_ns, s->expectations[i].when.to_ns);
        }
        if (s->end_ns / s->options.tick_ns >= s->world->max_ticks)
                diag_add(diag, SEVERITY_ERROR, &test->place,
                         "this test has more than %zu ticks: make it shorter, or its tick longer",
                         s->world->max_ticks);
}

static int prepare(struct script *s)
{
        const char *name;
        int r;

        r = options_init(&s->options);
        if (r >= 0)
                r = objects_new(&s->objects);
        /* A test is of what rules do, not of what they would say. */
        s->options.mode = MODE_ENFORCE;
        for (uint32_t i = 0; r >= 0 && (name = objects_scope_name(s->world->scopes, i)); i++)
                r = objects_scope_add(s->objects, name);
        return r < 0 ? r : 0;
}

int script_read(struct script *s, const struct ini_section *defaults, const struct ini_section *test,
                struct diag *diag)
{
        const struct ini_entry *expect = ini_get(test, "expect");
        int r;

        r = prepare(s);
        if (r < 0)
                return r;
        if (defaults)
                check_keys(defaults, true, diag);
        check_keys(test, false, diag);
        if (defaults)
                r = read_options(s, defaults, diag);
        if (r >= 0)
                r = read_options(s, test, diag);
        if (r >= 0)
                r = read_both(s, defaults, test, "objects", diag, script_read_object);
        if (r >= 0)
                r = script_complete_cast(s);
        if (r >= 0)
                r = read_both(s, defaults, test, "knobs", diag, script_read_knob);
        if (r >= 0)
                r = read_both(s, defaults, test, "samples", diag, script_read_sample);
        if (r >= 0)
                r = read_lines(s, test, "expect", false, diag, script_read_expectation);
        if (r < 0)
                return r;

        if (!expect || expect->n_lines == 0)
                diag_add(diag, SEVERITY_ERROR, &test->place, "test '%s' has no 'expect'", test->name);
        find_end(s, test, diag);
        return 0;
}

void expectation_clear(struct expectation *e)
{
        free(e->rule);
        free(e->instead);
        *e = (struct expectation){};
}

void script_clear(struct script *s)
{
        for (size_t i = 0; i < s->n_expectations; i++)
                expectation_clear(&s->expectations[i]);
        for (size_t i = 0; i < s->n_feeds; i++)
                course_clear(&s->feeds[i].course);
        for (size_t i = 0; i < s->n_cast; i++) {
                free(s->cast[i].name);
                free(s->cast[i].spans);
        }
        free(s->expectations);
        free(s->feeds);
        free(s->settings);
        free(s->cast);
        objects_free(s->objects);
        options_clear(&s->options);
}
