/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_SENTENCE_H
#define TRIMTAB_RULETEST_SENTENCE_H

#include "ruletest/script.h"

/* A line of `expect` being read, word by word. What returns an int: 0, -EINVAL after saying why in diag,
 * -ENOMEM. */

#define SENTENCE_SPACE " \t"

struct sentence {
        struct script *script;
        struct reading *reading;
        const struct ini_line *line;
        const char *at; /* so far it is read */
        struct expectation *e;
};

size_t word_length(const char *at);
bool word_is(const char *at, const char *word);
struct place sentence_place(const struct sentence *s, const char *at, size_t length);
/* So many bytes, and the white space behind them. */
void sentence_skip(struct sentence *s, size_t length);
/* Always -EINVAL. */
int sentence_expected(const struct sentence *s, const char *what);
/* What is left, for a lexer; and that such a lexer has come to its end. */
struct ini_line sentence_rest(const struct sentence *s);
int sentence_end(const struct sentence *s, const struct lexer *l);

/* The name of a rule that stands here, the longest: names may have spaces. NULL: none. */
const char *sentence_rule(const struct sentence *s);
/* Here stands no known rule: the length of what may be meant for one, by what stands behind it; 0: nothing.
 */
size_t sentence_unknown_rule(const struct sentence *s);
/* Always -EINVAL, or -ENOMEM. */
int sentence_refuse_rule(const struct sentence *s, size_t length);

/* What a rule does, behind its name: fills in the kind. 1: a knob follows. */
int sentence_predicate(struct sentence *s);

#endif
