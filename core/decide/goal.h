/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_GOAL_H
#define TRIMTAB_GOAL_H

#include "config/ini.h"
#include "decide/action.h"
#include "decide/controller.h"
#include "decide/expr.h"

/*
 * A goal: what is to be kept, and by which levers. It is a struct rule, with all that has to do with objects, ranks and modes,
 * whose `goal` is set: `when` is then that the goal is violated, `until` that it is met with margin, and `actions` are the
 * levers' steps. docs: "A goal" in trimtab-rules(5).
 */

/* Beside the action of the same index. */
struct lever {
        bool takes; /* of `take`: moved while the goal is met */
        char *text; /* as written: "cpu.max @siblings 20%..max" */
};

struct goal {
        struct expr keep;           /* one comparison of a number with a constant */
        const struct node *measure; /* in keep: the number */
        double bound;               /* the constant, in base units; not 0 */
        bool above;                 /* the number is to be above the bound */

        struct lever *levers; /* those that take first: what was taken is given back before others have to give */
        size_t n_levers;      /* as many as the rule has actions */
        uint64_t settle_ns, ease_after_ns;
};

struct goal *goal_free(struct goal *g);

/* The load of struct controller: 1 at the bound, 0.75 with margin, rising with harm. NAN: value is. */
double goal_load(const struct goal *g, double value);
/* The other way round. */
double goal_value(const struct goal *g, double load);

/*
 * Makes a goal of a [goal NAME] section. One that is wrong: 0 with *ret NULL, and diag says why. -ENOMEM.
 */
struct rule;
int goal_parse(const struct ini_section *section, size_t section_index, const struct catalogue *catalogue,
               const struct objects *objects, struct diag *diag, struct rule **ret);

#endif
