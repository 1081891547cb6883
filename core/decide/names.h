/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_NAMES_H
#define TRIMTAB_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/lex.h"
#include "decide/select.h"

/*
 * Names in rules looked up in the catalogue and the registry. One that nobody knows is a mistake (said, with
 * the nearest) or belongs to a plugin that is not loaded: then the rule waits.
 */

/* One rule being read. */
struct reading {
        const struct catalogue *catalogue;
        const struct objects *objects;
        struct diag *diag;
        size_t diag_from;   /* how many messages there were before this rule */
        uint32_t scope;     /* of the rule's objects; SCOPE_WAITING: of no plugin yet */
        uint64_t window_ns; /* where a function names none */
        char *waits_for;    /* what the rule waits for, the first such thing; owned */
        bool strict;        /* there is nothing to wait for: what is not known is a mistake */
};

#define SCOPE_WAITING UINT32_MAX

/* All return 0; -EINVAL after saying why in diag; -ENOMEM. *ret NULL: not there yet, the rule waits. */
int name_metric(struct reading *r, const struct token *t, const struct metric **ret);
int name_knob(struct reading *r, const struct token *t, const struct knob **ret);
/* The scope before the ":" of "scope:pattern"; place is the word's. SCOPE_WAITING: the rule waits. */
int name_scope(struct reading *r, const char *word, size_t length, const struct place *place, uint32_t *ret);

/* "scope:pattern" checked and told apart; place is of the whole. */
int name_pattern(struct reading *r, const char *text, size_t length, const struct place *place,
                 uint32_t *ret_scope, const char **ret_pattern, size_t *ret_length);

/* TOKEN_SELECTOR; t NULL: none was written, @self. */
int name_selector(struct reading *r, const struct token *t, struct selector *ret);

/* Whether a selector can mean an object of that scope. place: of the selector, or of what it stands with.
 * `what` is the metric or knob, for the message. */
int name_check_scope(struct reading *r, const struct selector *s, const char *what, uint32_t scope,
                     const struct place *place);

/* "unknown key 'hodl', did you mean 'hold'?" for any list of names. Always -EINVAL. */
int refuse_unknown(struct diag *diag, const struct place *place, const char *kind, const char *word,
                   const char *const *names, size_t n);

#endif
