/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LEX_H
#define TRIMTAB_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "config/diag.h"
#include "config/ini.h"
#include "config/units.h"

/* The words of conditions, actions and bounds, each with its place. The lines of a value are one text. */

enum token_type {
        TOKEN_END,
        TOKEN_NUMBER,   /* 5ms */
        TOKEN_NAME,     /* cpu.weight, p99, and, max */
        TOKEN_SELECTOR, /* @siblings, @cgroup:/system.slice/nginx*.service: up to white space, "," or ")" */
        TOKEN_OPEN,
        TOKEN_CLOSE,
        TOKEN_COMMA,
        TOKEN_PLUS,
        TOKEN_MINUS,
        TOKEN_TIMES,
        TOKEN_OVER,
        TOKEN_LESS,
        TOKEN_LESS_EQUAL,
        TOKEN_GREATER,
        TOKEN_GREATER_EQUAL,
        TOKEN_EQUAL,
        TOKEN_NOT_EQUAL,
        TOKEN_SET,
        TOKEN_PLUS_SET,
        TOKEN_MINUS_SET,
        TOKEN_TIMES_SET,
        TOKEN_OVER_SET,
        TOKEN_RANGE, /* .. */
};

struct token {
        enum token_type type;
        const char *text; /* in the value, not NUL-terminated */
        size_t length;
        struct place place;
        double number;            /* TOKEN_NUMBER: in base units */
        enum dimension dimension; /* TOKEN_NUMBER */
};

struct lexer {
        const struct ini_line *lines; /* not owned */
        size_t n_lines, line, at;
        struct token token; /* the one at hand */
        struct token last;  /* the one before */
        struct diag *diag;
};

/* Both move to the next token: 0, or -EINVAL after saying in diag what is wrong with it. */
int lexer_init(struct lexer *l, const struct ini_line *lines, size_t n_lines, struct diag *diag);
int lexer_next(struct lexer *l);

/* The token at hand and what is behind it on its line, the last one, as one TOKEN_NAME: for values that are
 * no numbers. -EINVAL as above. */
int lexer_rest(struct lexer *l, struct token *ret);

bool token_is(const struct token *t, const char *word);

/* From the first byte of one token to the last of another; the rest of the first one's line if they are on
 * two. */
struct place token_span(const struct token *first, const struct token *last);

/* "'>'", or "the end": for messages. snprintf-like lengths are cut to the buffer. */
struct token_text {
        char text[64];
};
struct token_text token_text(const struct token *t);

/* A comment behind a value: "10s # why", from white space on. The place in it, or NULL. */
const char *find_comment(const char *text);
int refuse_comment(struct diag *diag, const struct ini_line *line, const char *at);

#endif
