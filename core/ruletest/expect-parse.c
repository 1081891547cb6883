/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of `expect`, a sentence: "25s web-first sets cpu.weight @cgroup:/a to 150". */
#include <errno.h>
#include <string.h>

#include "decide/action-parse.h"
#include "ruletest/script.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

static const struct {
        const char *word;
        enum expectation_kind kind;
} verbs[] = {
        { "sets", EXPECT_SET },       { "restores", EXPECT_RESTORE },   { "keeps", EXPECT_KEEP },
        { "advises", EXPECT_ADVISE }, { "withdraws", EXPECT_WITHDRAW }, { "does", EXPECT_NOTHING },
        { "is", EXPECT_PHASE },
};

static const char SPACE[] = " \t";

/* The line being read, and how far. */
struct sentence {
        struct script *script;
        struct reading *reading;
        const struct ini_line *line;
        const char *at;
        struct expectation *e;
};

static size_t word_length(const char *at)
{
        return strcspn(at, SPACE);
}

static bool word_is(const char *at, const char *word)
{
        return word_length(at) == strlen(word) && startswith(at, word);
}

static struct place place_of(const struct sentence *s, const char *at, size_t length)
{
        struct place place = s->line->place;

        place.column += (unsigned) (at - s->line->text);
        place.width = (unsigned) length;
        return place;
}

static void skip(struct sentence *s, size_t length)
{
        s->at += length;
        s->at += strspn(s->at, SPACE);
}

static int expected(const struct sentence *s, const char *what)
{
        struct place place = place_of(s, s->at, word_length(s->at));

        diag_add(s->reading->diag, SEVERITY_ERROR, &place, "expected %s", what);
        return -EINVAL;
}

/* What is left, for a lexer. */
static struct ini_line rest(const struct sentence *s)
{
        return (struct ini_line){ .text = (char *) s->at, .place = place_of(s, s->at, 0) };
}

static int expect_end(const struct sentence *s, const struct lexer *l)
{
        if (l->token.type == TOKEN_END)
                return 0;
        diag_add(s->reading->diag, SEVERITY_ERROR, &l->token.place, "expected the end of the line, found %s",
                 token_text(&l->token).text);
        return -EINVAL;
}

/* 1: it begins with a time. */
static int read_when(struct sentence *s)
{
        size_t length = word_length(s->at);
        _cleanup_free_ char *word = NULL;
        struct ini_line line = rest(s);
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
                r = expect_end(s, &l);
        if (r < 0)
                return r;
        skip(s, length);
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
        diag_add(s->reading->diag, SEVERITY_ERROR, place, "there is no tick then: they are every %s, from 0s on", every ?: "?");
        return -EINVAL;
}

/* --- rules --- */

static bool is_rule(const struct ini_section *section)
{
        return streq(section->kind, "rule") || streq(section->kind, "goal");
}

/* The longest name of a rule that stands here: names may have spaces. NULL: none. */
static const char *rule_here(const struct sentence *s)
{
        const struct ini *rules = s->script->rules;
        const char *found = NULL;

        for (size_t i = 0; i < rules->n_sections; i++) {
                const char *name = rules->sections[i].name, *behind = startswith(s->at, name);

                if (is_rule(&rules->sections[i]) && *name && behind && (*behind == '\0' || strchr(SPACE, *behind)) &&
                    (!found || strlen(name) > strlen(found)))
                        found = name;
        }
        return found;
}

static int refuse_rule(const struct sentence *s, size_t length)
{
        const struct ini *rules = s->script->rules;
        _cleanup_free_ const char **names = calloc(rules->n_sections + 1, sizeof(*names));
        _cleanup_free_ char *word = strndup(s->at, length);
        struct place place = place_of(s, s->at, length);

        if (!names || !word)
                return -ENOMEM;
        for (size_t i = 0; i < rules->n_sections; i++)
                names[i] = is_rule(&rules->sections[i]) ? rules->sections[i].name : NULL;
        return refuse_unknown(s->reading->diag, &place, "rule", word, names, rules->n_sections);
}

static int find_phase(const struct token *t)
{
        for (int i = PHASE_IDLE; i <= PHASE_RESTING; i++)
                if (token_is(t, phase_name((enum phase) i)))
                        return i;
        return -ENOENT;
}

static int refuse_phase(const struct sentence *s, const struct token *t)
{
        const char *names[PHASE_RESTING + 1];
        _cleanup_free_ char *word = strndup(t->text, t->length);

        for (int i = PHASE_IDLE; i <= PHASE_RESTING; i++)
                names[i] = phase_name((enum phase) i);
        return word ? refuse_unknown(s->reading->diag, &t->place, "phase", word, names, ELEMENTSOF(names)) : -ENOMEM;
}

/* [@OBJECT] is PHASE */
static int read_phase(struct sentence *s)
{
        _cleanup_(selector_clear) struct selector selector = {};
        struct ini_line line = rest(s);
        struct token t;
        struct lexer l;
        int r, phase;

        s->e->kind = EXPECT_PHASE;
        r = lexer_init(&l, &line, 1, s->reading->diag);
        if (r < 0)
                return r;
        t = l.token;
        if (t.type == TOKEN_SELECTOR) {
                r = name_selector(s->reading, &t, &selector);
                if (r >= 0)
                        r = script_find_object(s->script, s->reading, &selector, &t, selector.kind == SELECT_HOST ? SCOPE_HOST : 0,
                                               &s->e->object);
                if (r >= 0)
                        r = lexer_next(&l);
                if (r < 0)
                        return r;
        }
        if (!token_is(&l.token, "is")) {
                diag_add(s->reading->diag, SEVERITY_ERROR, &l.token.place, "expected 'is', found %s", token_text(&l.token).text);
                return -EINVAL;
        }
        r = lexer_next(&l);
        if (r < 0)
                return r;
        phase = find_phase(&l.token);
        if (phase < 0)
                return refuse_phase(s, &l.token);
        s->e->phase = (enum phase) phase;
        r = lexer_next(&l);
        return r < 0 ? r : expect_end(s, &l);
}

/* --- knobs --- */

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
                 n == 0 ? "there is no object in 'objects' that has this" : "of which object? Name it behind the knob, such as @%s:NAME",
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
                    (set->object == s->e->object || (set->object == EVERY_OBJECT && script->cast[s->e->object].listed)))
                        return 0;
        }
        object = script_object_name(script, s->e->object);
        if (!object)
                return -ENOMEM;
        diag_add(s->reading->diag, SEVERITY_ERROR, place, "how does '%s' of %s stand by itself? Say it in 'knobs'", knob->name, object);
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
                r = script_find_object(s->script, s->reading, &selector, &l->last, (*ret)->scope, &s->e->object);
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
        return expect_end(s, l);
}

/* KNOB [@OBJECT] [to VALUE], behind a verb */
static int read_deed(struct sentence *s)
{
        bool has_value = s->e->kind == EXPECT_SET || s->e->kind == EXPECT_ADVISE;
        struct ini_line line = rest(s);
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
        return expect_end(s, &l);
}

/* KNOB [@OBJECT] is VALUE */
static int read_state(struct sentence *s)
{
        struct ini_line line = rest(s);
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
        diag_add(s->reading->diag, SEVERITY_ERROR, &l.token.place, "expected 'is' and a value, found %s", token_text(&l.token).text);
        return -EINVAL;
}

/* --- all together --- */

/* Behind a rule's name. */
static int read_predicate(struct sentence *s)
{
        const char *words[ELEMENTSOF(verbs)];
        _cleanup_free_ char *word = NULL;
        struct place place;
        size_t i = 0;

        if (*s->at == '@' || word_is(s->at, "is"))
                return read_phase(s);
        for (; i < ELEMENTSOF(verbs) && !word_is(s->at, verbs[i].word); i++)
                words[i] = verbs[i].word;
        if (i == ELEMENTSOF(verbs)) {
                place = place_of(s, s->at, word_length(s->at));
                word = strndup(s->at, word_length(s->at));
                if (!word)
                        return -ENOMEM;
                if (!*word)
                        return expected(s, "what it does: sets, restores, keeps, advises, withdraws, does nothing, or is in a phase");
                return refuse_unknown(s->reading->diag, &place, "verb", word, words, i);
        }

        s->e->kind = verbs[i].kind;
        skip(s, word_length(s->at));
        if (s->e->kind != EXPECT_NOTHING)
                return read_deed(s);
        return streq(s->at, "nothing") ? 0 : expected(s, "'nothing'");
}

/* Of a text without a known rule: how long the name of one is, by what stands behind it; 0: it is none. */
static size_t unknown_rule(const char *text)
{
        for (const char *at = text; *at;) {
                size_t length = word_length(at);

                for (size_t i = 0; at > text && i < ELEMENTSOF(verbs); i++)
                        if (verbs[i].kind != EXPECT_PHASE && word_is(at, verbs[i].word)) {
                                while (strchr(SPACE, at[-1]))
                                        at--;
                                return (size_t) (at - text);
                        }
                at += length;
                at += strspn(at, SPACE);
        }
        for (int i = PHASE_IDLE; i <= PHASE_RESTING; i++) {
                const char *is = strstr(text, " is ");

                if (is && endswith(text, phase_name((enum phase) i)))
                        return word_length(text);
        }
        return 0;
}

static int read_nothing(struct sentence *s)
{
        s->e->kind = EXPECT_NOTHING;
        skip(s, strlen("nothing"));
        if (word_is(s->at, "else")) {
                s->e->kind = EXPECT_NO_OTHER;
                skip(s, strlen("else"));
        }
        return *s->at ? expected(s, "the end of the line, or 'else'") : 0;
}

static int read_sentence(struct sentence *s)
{
        struct place when = place_of(s, s->at, word_length(s->at));
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
                return expected(s, "a time, such as 25s or 20s..60s, or 'nothing'");
        if (!*s->at)
                return expected(s, "what there is then, such as: RULE sets KNOB to VALUE");

        rule = rule_here(s);
        if (rule) {
                s->e->rule = strdup(rule);
                if (!s->e->rule)
                        return -ENOMEM;
                skip(s, strlen(rule));
                r = read_predicate(s);
        } else {
                length = unknown_rule(s->at);
                r = length > 0 ? refuse_rule(s, length) : read_state(s);
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
