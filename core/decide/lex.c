/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/lex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/ownership.h"

/* The longer ones first: "<=" is not "<" and "=". */
static const struct {
        const char *text;
        enum token_type type;
} symbols[] = {
        { "<=", TOKEN_LESS_EQUAL }, { ">=", TOKEN_GREATER_EQUAL }, { "==", TOKEN_EQUAL },
        { "!=", TOKEN_NOT_EQUAL },  { "+=", TOKEN_PLUS_SET },      { "-=", TOKEN_MINUS_SET },
        { "*=", TOKEN_TIMES_SET },  { "/=", TOKEN_OVER_SET },      { "..", TOKEN_RANGE },
        { "(", TOKEN_OPEN },        { ")", TOKEN_CLOSE },          { ",", TOKEN_COMMA },
        { "+", TOKEN_PLUS },        { "-", TOKEN_MINUS },          { "*", TOKEN_TIMES },
        { "/", TOKEN_OVER },        { "<", TOKEN_LESS },           { ">", TOKEN_GREATER },
        { "=", TOKEN_SET },
};

/* What people bring from other languages. */
static const struct {
        const char *text, *meant;
} foreign[] = {
        { "&&", "'and'" }, { "&", "'and'" }, { "||", "'or'" }, { "|", "'or'" }, { "!", "'not', or '!='" },
};

static bool is_space(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bool is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Letters, digits, and points that have one of those behind them: "cpu.max" but not the points of "a..b". */
static size_t name_span(const char *s)
{
        size_t n = 0;

        while (is_letter(s[n]) || is_digit(s[n]) ||
               (s[n] == '.' && (is_letter(s[n + 1]) || is_digit(s[n + 1]))))
                n++;
        return n;
}

/* The device of a knob that there is one of for each, right behind the knob's name: "[vda]". */
static size_t device_span(const char *s)
{
        size_t n = 1;

        if (s[0] != '[')
                return 0;
        while (s[n] != '\0' && s[n] != '[' && s[n] != ']' && !is_space(s[n]))
                n++;
        return n > 1 && s[n] == ']' ? n + 1 : 0;
}

/* @word, or @scope:pattern up to what cannot be in it. */
static size_t selector_span(const char *s)
{
        size_t n = 1 + name_span(s + 1);

        if (s[n] == ':')
                while (s[n] != '\0' && !is_space(s[n]) && s[n] != ',' && s[n] != ')')
                        n++;
        return n;
}

static struct place place_at(const struct ini_line *line, size_t at, size_t width)
{
        struct place place = line->place;

        place.column += (unsigned) at;
        place.width = (unsigned) width;
        return place;
}

const char *find_comment(const char *text)
{
        for (const char *s = text; *s != '\0'; s++)
                if ((*s == '#' || *s == ';') && (s == text || is_space(s[-1])))
                        return s;
        return NULL;
}

int refuse_comment(struct diag *diag, const struct ini_line *line, const char *at)
{
        struct place place = place_at(line, (size_t) (at - line->text), strlen(at));

        diag_add(diag, SEVERITY_ERROR, &place,
                 "a comment behind a value: comments stand on lines of their own");
        return -EINVAL;
}

static int take(struct lexer *l, enum token_type type, size_t length)
{
        const struct ini_line *line = &l->lines[l->line];

        l->token.type = type;
        l->token.text = line->text + l->at;
        l->token.length = length;
        l->token.place = place_at(line, l->at, length);
        l->at += length;
        return 0;
}

static int take_end(struct lexer *l)
{
        static const struct ini_line nothing = { .text = (char *) "" };
        const struct ini_line *line = l->n_lines > 0 ? &l->lines[l->n_lines - 1] : &nothing;
        size_t end = strlen(line->text);

        l->token.type = TOKEN_END;
        l->token.text = line->text + end;
        l->token.length = 0;
        l->token.place = place_at(line, end, 1);
        return 0;
}

static int take_number(struct lexer *l, const char *s)
{
        size_t unit_at = 0, span;
        struct place place;
        int r;

        r = quantity_parse(s, &l->token.number, &l->token.dimension, &unit_at);
        if (r > 0)
                return take(l, TOKEN_NUMBER, (size_t) r);

        span = unit_span(s + unit_at);
        if (r == -ENOENT) {
                _cleanup_free_ char *message = unit_unknown(s + unit_at, span);

                place = place_at(&l->lines[l->line], l->at + unit_at, span);
                diag_add(l->diag, SEVERITY_ERROR, &place, "%s", message ?: "unknown unit");
        } else {
                place = place_at(&l->lines[l->line], l->at, strspn(s, "0123456789."));
                diag_add(l->diag, SEVERITY_ERROR, &place, "number too large");
        }
        return -EINVAL;
}

static int refuse_character(struct lexer *l, const char *s)
{
        struct place place;

        for (size_t i = 0; i < ELEMENTSOF(foreign); i++) {
                size_t n = strlen(foreign[i].text);

                if (strncmp(s, foreign[i].text, n) != 0)
                        continue;
                place = place_at(&l->lines[l->line], l->at, n);
                diag_add(l->diag, SEVERITY_ERROR, &place, "unexpected '%s', write %s", foreign[i].text,
                         foreign[i].meant);
                return -EINVAL;
        }

        place = place_at(&l->lines[l->line], l->at, 1);
        if (*s > ' ' && *s < 0x7f)
                diag_add(l->diag, SEVERITY_ERROR, &place, "unexpected '%c'", *s);
        else
                diag_add(l->diag, SEVERITY_ERROR, &place, "unexpected byte 0x%02x", (unsigned char) *s);
        return -EINVAL;
}

/* White space, and the ends of lines but the last. False: nothing is left. */
static bool skip_space(struct lexer *l)
{
        while (l->line < l->n_lines) {
                const char *text = l->lines[l->line].text;

                while (is_space(text[l->at]))
                        l->at++;
                if (text[l->at] != '\0')
                        return true;
                l->line++;
                l->at = 0;
        }
        return false;
}

int lexer_next(struct lexer *l)
{
        const char *s;

        l->last = l->token;
        if (!skip_space(l))
                return take_end(l);

        s = l->lines[l->line].text + l->at;
        if (is_digit(*s))
                return take_number(l, s);
        if (is_letter(*s))
                return take(l, TOKEN_NAME, name_span(s) + device_span(s + name_span(s)));
        if (*s == '@' && is_letter(s[1]))
                return take(l, TOKEN_SELECTOR, selector_span(s));
        if (*s == '#' || *s == ';')
                return refuse_comment(l->diag, &l->lines[l->line], s);

        for (size_t i = 0; i < ELEMENTSOF(symbols); i++)
                if (strncmp(s, symbols[i].text, strlen(symbols[i].text)) == 0)
                        return take(l, symbols[i].type, strlen(symbols[i].text));

        return refuse_character(l, s);
}

int lexer_init(struct lexer *l, const struct ini_line *lines, size_t n_lines, struct diag *diag)
{
        *l = (struct lexer){ .lines = lines, .n_lines = n_lines, .diag = diag };
        return lexer_next(l);
}

int lexer_rest(struct lexer *l, struct token *ret)
{
        const struct ini_line *line;
        const char *comment, *end;

        if (l->token.type == TOKEN_END) {
                *ret = l->token;
                return 0;
        }

        /* The token at hand has been read already: the rest begins with it. */
        line = &l->lines[l->line];
        end = line->text + strlen(line->text);
        comment = find_comment(l->token.text);
        if (comment)
                return refuse_comment(l->diag, line, comment);

        *ret = l->token;
        ret->type = TOKEN_NAME;
        ret->length = (size_t) (end - l->token.text);
        ret->place.width = (unsigned) ret->length;
        l->line = l->n_lines;
        return lexer_next(l);
}

bool token_is(const struct token *t, const char *word)
{
        return t->type == TOKEN_NAME && strlen(word) == t->length && memcmp(t->text, word, t->length) == 0;
}

struct place token_span(const struct token *first, const struct token *last)
{
        struct place place = first->place;

        if (last->place.line == place.line)
                place.width = last->place.column + last->place.width - place.column;
        else
                place.width = (unsigned) strlen(first->text);
        return place;
}

struct token_text token_text(const struct token *t)
{
        struct token_text r;

        if (t->type == TOKEN_END)
                snprintf(r.text, sizeof(r.text), "the end");
        else
                snprintf(r.text, sizeof(r.text), "'%.*s'", t->length > 60 ? 60 : (int) t->length, t->text);
        return r;
}
