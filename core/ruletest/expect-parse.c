/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of `expect`, a sentence: "25s web-first sets cpu.weight @cgroup:/a to 150". */
#include <errno.h>
#include <string.h>

#include "decide/action-parse.h"
#include "ruletest/sentence.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* 1: it begins with a time. */
static int read_when(struct sentence *s)
{
        size_t length = word_length(s->at);
        _cleanup_free_ char *word = NULL;
        struct ini_line line = sentence_rest(s);
        struct lexer l;
        int r;

        s->e->when = (struct when){ .to_ns = UINT64_MAX };
        if (!(*s->at >= '0' && *s->at <= '9') && !startswith(s->at, ".."))
                return 0;
        line.text = word = strndup(s->at, length);
        if (!word)
                return -ENOMEM;
        r = lexer_init(&l, &line, 1, s->reading->diag);
        if (r >= 0)
                r = when_read(s->reading, &l, &s->e->when);
        if (r >= 0)
                r = sentence_end(s, &l);
        if (r < 0)
                return r;
        sentence_skip(s, length);
        return 1;
}

/* Decisions are made at ticks; how things stand can be looked at in between. */
static int check_when(const struct sentence *s, const struct place *place)
{
        const struct when *w = &s->e->when;
        uint64_t tick_ns = s->script->options.tick_ns, last;
        bool state = s->e->kind == EXPECT_VALUE || s->e->kind == EXPECT_PHASE;
        _cleanup_free_ char *every = NULL;

        last = w->to_ns == UINT64_MAX ? UINT64_MAX : w->to_ns / tick_ns * tick_ns;
        if ((state && w->point) || last >= w->from_ns)
                return 0;
        every = time_text(tick_ns);
        diag_add(s->reading->diag, SEVERITY_ERROR, place,
                 "there is no tick then: they are every %s, from 0s on", every ?: "?");
        return -EINVAL;
}

/* Without an object there must be just one that can be meant. */
static int find_sole(const struct sentence *s, uint32_t scope, const struct place *place)
{
        const struct script *script = s->script;
        size_t n = 0, found = 0;

        for (size_t i = 0; i < script->n_cast; i++)
                if (script->cast[i].scope == scope && script->cast[i].listed) {
                        found = i;
                        n++;
                }
        s->e->object = found;
        if (n == 1)
                return 0;
        diag_add(s->reading->diag, SEVERITY_ERROR, place,
                 n == 0 ? "there is no object in 'objects' that has this"
                        : "of which object? Name it behind the knob, such as @%s:NAME",
                 objects_scope_name(script->objects, scope));
        return -EINVAL;
}

/* A knob that cannot be read is not set by anybody. */
static int check_known(const struct sentence *s, const struct knob *knob, const struct place *place)
{
        const struct script *script = s->script;
        _cleanup_free_ char *object = NULL;

        for (size_t i = 0; i < script->n_settings; i++) {
                const struct script_setting *set = &script->settings[i];

                if (set->knob == knob->number &&
                    (set->object == s->e->object ||
                     (set->object == EVERY_OBJECT && script->cast[s->e->object].listed)))
                        return 0;
        }
        object = script_object_name(script, s->e->object);
        if (!object)
                return -ENOMEM;
        diag_add(s->reading->diag, SEVERITY_ERROR, place,
                 "how does '%s' of %s stand by itself? Say it in 'knobs'", knob->name, object);
        return -EINVAL;
}

/* KNOB [@OBJECT] */
static int read_knob(struct sentence *s, struct lexer *l, const struct knob **ret)
{
        _cleanup_(selector_clear) struct selector selector = {};
        struct token name = l->token;
        int r;

        r = target_read(s->reading, l, ret, &selector);
        if (r < 0)
                return r;
        s->e->knob = (*ret)->number;
        if (l->last.type != TOKEN_SELECTOR)
                r = find_sole(s, (*ret)->scope, &name.place);
        else
                r = script_find_object(s->script, s->reading, &selector, &l->last, (*ret)->scope,
                                       &s->e->object);
        return r < 0 ? r : check_known(s, *ret, &name.place);
}

static int read_value(struct sentence *s, struct lexer *l, const struct knob *knob)
{
        int r;

        r = lexer_next(l);
        if (r >= 0)
                r = value_read(s->reading, l, knob, &s->e->value);
        if (r < 0)
                return r;
        s->e->has_value = true;
        return sentence_end(s, l);
}

/* KNOB [@OBJECT] [to VALUE], behind a verb */
static int read_deed(struct sentence *s)
{
        bool has_value = s->e->kind == EXPECT_SET || s->e->kind == EXPECT_ADVISE;
        struct ini_line line = sentence_rest(s);
        const struct knob *knob;
        struct lexer l;
        int r;

        r = lexer_init(&l, &line, 1, s->reading->diag);
        if (r >= 0)
                r = read_knob(s, &l, &knob);
        if (r < 0)
                return r;
        if (has_value && token_is(&l.token, "to"))
                return read_value(s, &l, knob);
        return sentence_end(s, &l);
}

/* KNOB [@OBJECT] is VALUE */
static int read_state(struct sentence *s)
{
        struct ini_line line = sentence_rest(s);
        const struct knob *knob;
        struct lexer l;
        int r;

        s->e->kind = EXPECT_VALUE;
        r = lexer_init(&l, &line, 1, s->reading->diag);
        if (r >= 0)
                r = read_knob(s, &l, &knob);
        if (r < 0)
                return r;
        if (token_is(&l.token, "is"))
                return read_value(s, &l, knob);
        diag_add(s->reading->diag, SEVERITY_ERROR, &l.token.place, "expected 'is' and a value, found %s",
                 token_text(&l.token).text);
        return -EINVAL;
}

/* --- all together --- */

static int read_nothing(struct sentence *s)
{
        s->e->kind = EXPECT_NOTHING;
        sentence_skip(s, strlen("nothing"));
        if (word_is(s->at, "else")) {
                s->e->kind = EXPECT_NO_OTHER;
                sentence_skip(s, strlen("else"));
        }
        return *s->at ? sentence_expected(s, "the end of the line, or 'else'") : 0;
}

static int read_sentence(struct sentence *s)
{
        struct place when = sentence_place(s, s->at, word_length(s->at));
        const char *rule;
        size_t length;
        int timed, r;

        timed = read_when(s);
        if (timed < 0)
                return timed;
        if (word_is(s->at, "nothing")) {
                r = read_nothing(s);
                return r < 0 || !timed ? r : check_when(s, &when);
        }
        if (!timed)
                return sentence_expected(s, "a time, such as 25s or 20s..60s, or 'nothing'");
        if (!*s->at)
                return sentence_expected(s, "what there is then, such as: RULE sets KNOB to VALUE");

        rule = sentence_rule(s);
        if (rule) {
                s->e->rule = strdup(rule);
                if (!s->e->rule)
                        return -ENOMEM;
                sentence_skip(s, strlen(rule));
                r = sentence_predicate(s);
                if (r > 0)
                        r = read_deed(s);
        } else {
                length = sentence_unknown_rule(s);
                r = length > 0 ? sentence_refuse_rule(s, length) : read_state(s);
        }
        return r < 0 ? r : check_when(s, &when);
}

int script_read_expectation(struct script *s, struct reading *r, const struct ini_line *line, bool is_default)
{
        struct expectation e = { .place = line->place, .object = EVERY_OBJECT };
        struct sentence sentence = { .script = s, .reading = r, .line = line, .at = line->text, .e = &e };
        int result;

        e.place.width = (unsigned) strlen(line->text);
        result = read_sentence(&sentence);
        if (result >= 0)
                result = array_reserve(&s->expectations, s->n_expectations, sizeof(*s->expectations));
        if (result < 0) {
                expectation_clear(&e);
                return result;
        }
        s->expectations[s->n_expectations++] = e;
        return 0;
}
