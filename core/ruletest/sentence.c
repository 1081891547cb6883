/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/sentence.h"

#include <errno.h>
#include <string.h>

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

size_t word_length(const char *at)
{
        return strcspn(at, SENTENCE_SPACE);
}

bool word_is(const char *at, const char *word)
{
        return word_length(at) == strlen(word) && startswith(at, word);
}

struct place sentence_place(const struct sentence *s, const char *at, size_t length)
{
        struct place place = s->line->place;

        place.column += (unsigned) (at - s->line->text);
        place.width = (unsigned) length;
        return place;
}

void sentence_skip(struct sentence *s, size_t length)
{
        s->at += length;
        s->at += strspn(s->at, SENTENCE_SPACE);
}

int sentence_expected(const struct sentence *s, const char *what)
{
        struct place place = sentence_place(s, s->at, word_length(s->at));

        diag_add(s->reading->diag, SEVERITY_ERROR, &place, "expected %s", what);
        return -EINVAL;
}

struct ini_line sentence_rest(const struct sentence *s)
{
        return (struct ini_line){ .text = (char *) s->at, .place = sentence_place(s, s->at, 0) };
}

int sentence_end(const struct sentence *s, const struct lexer *l)
{
        if (l->token.type == TOKEN_END)
                return 0;
        diag_add(s->reading->diag, SEVERITY_ERROR, &l->token.place, "expected the end of the line, found %s",
                 token_text(&l->token).text);
        return -EINVAL;
}

static bool is_rule(const struct ini_section *section)
{
        return streq(section->kind, "rule") || streq(section->kind, "goal");
}

const char *sentence_rule(const struct sentence *s)
{
        const struct ini *rules = s->script->rules;
        const char *found = NULL;

        for (size_t i = 0; i < rules->n_sections; i++) {
                const char *name = rules->sections[i].name, *behind = startswith(s->at, name);

                if (is_rule(&rules->sections[i]) && *name && behind &&
                    (*behind == '\0' || strchr(SENTENCE_SPACE, *behind)) &&
                    (!found || strlen(name) > strlen(found)))
                        found = name;
        }
        return found;
}

int sentence_refuse_rule(const struct sentence *s, size_t length)
{
        const struct ini *rules = s->script->rules;
        _cleanup_free_ const char **names = calloc(rules->n_sections + 1, sizeof(*names));
        _cleanup_free_ char *word = strndup(s->at, length);
        struct place place = sentence_place(s, s->at, length);

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
        return word ? refuse_unknown(s->reading->diag, &t->place, "phase", word, names, ELEMENTSOF(names))
                    : -ENOMEM;
}

/* [@OBJECT] is PHASE */
static int read_phase(struct sentence *s)
{
        _cleanup_(selector_clear) struct selector selector = {};
        struct ini_line line = sentence_rest(s);
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
                        r = script_find_object(s->script, s->reading, &selector, &t,
                                               selector.kind == SELECT_HOST ? SCOPE_HOST : 0, &s->e->object);
                if (r >= 0)
                        r = lexer_next(&l);
                if (r < 0)
                        return r;
        }
        if (!token_is(&l.token, "is")) {
                diag_add(s->reading->diag, SEVERITY_ERROR, &l.token.place, "expected 'is', found %s",
                         token_text(&l.token).text);
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
        return r < 0 ? r : sentence_end(s, &l);
}

int sentence_predicate(struct sentence *s)
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
                place = sentence_place(s, s->at, word_length(s->at));
                word = strndup(s->at, word_length(s->at));
                if (!word)
                        return -ENOMEM;
                if (!*word)
                        return sentence_expected(
                                s, "what it does: sets, restores, keeps, advises, withdraws, does "
                                   "nothing, or is in a phase");
                return refuse_unknown(s->reading->diag, &place, "verb", word, words, i);
        }

        s->e->kind = verbs[i].kind;
        sentence_skip(s, word_length(s->at));
        if (s->e->kind != EXPECT_NOTHING)
                return 1;
        return streq(s->at, "nothing") ? 0 : sentence_expected(s, "'nothing'");
}

size_t sentence_unknown_rule(const struct sentence *s)
{
        const char *text = s->at;

        for (const char *at = text; *at;) {
                size_t length = word_length(at);

                for (size_t i = 0; at > text && i < ELEMENTSOF(verbs); i++)
                        if (verbs[i].kind != EXPECT_PHASE && word_is(at, verbs[i].word)) {
                                while (strchr(SENTENCE_SPACE, at[-1]))
                                        at--;
                                return (size_t) (at - text);
                        }
                at += length;
                at += strspn(at, SENTENCE_SPACE);
        }
        for (int i = PHASE_IDLE; i <= PHASE_RESTING; i++) {
                const char *is = strstr(text, " is ");

                if (is && endswith(text, phase_name((enum phase) i)))
                        return word_length(text);
        }
        return 0;
}
