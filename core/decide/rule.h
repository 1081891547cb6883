/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULE_H
#define TRIMTAB_RULE_H

#include <stdint.h>

#include "config/options.h"
#include "decide/action.h"
#include "decide/expr.h"
#include "decide/goal.h"
#include "decide/match.h"
#include "decide/ruleset.h"

/* One rule, checked. docs: "A rule" in trimtab-rules(5). */

#define SECOND_NS 1000000000ull

enum on_clear { ON_CLEAR_RESTORE, ON_CLEAR_EASE, ON_CLEAR_KEEP };
const char *on_clear_name(enum on_clear o);

struct rule {
        char *name;
        char *description; /* or NULL */
        char *text;        /* all that is in force of it: two rules with the same text are the same */
        char *path;        /* the file and line of its first header */
        unsigned line;

        /* Its rank against rules of the same priority: the later file, then the later section. */
        size_t file_index, section_index;
        int priority;

        struct matcher match;           /* `for`; its scope is that of @self */
        struct expr when, until, guard; /* guard may be empty */

        struct action *actions; /* `then`, in order */
        size_t n_actions;
        struct bound *bounds; /* `within`, of all files */
        size_t n_bounds;

        uint64_t hold_ns, clear_hold_ns, cooldown_ns, every_ns, window_ns;
        bool repeats; /* `every` was given: deeds are done again and again */
        enum on_clear on_clear;
        enum mode mode;
        bool contest;   /* writes over what others have set */
        bool delegated; /* acts below the boundary of a delegated subtree, too */
        int keep;       /* at exit what it set stays (1), goes back (0), or as trimtab.conf says (-1) */

        struct goal *goal; /* NULL: it is a rule */

        char *waits_for; /* "plugin 'irq'": cannot run before; NULL: runs */
};

struct rule *rule_free(struct rule *r);

/*
 * Makes a rule of a section. A rule that is wrong: 0 with *ret NULL, and diag says why. -ENOMEM.
 */
int rule_parse(const struct ini_section *section, size_t section_index, const struct catalogue *catalogue,
               const struct objects *objects, struct diag *diag, struct rule **ret);

#endif
