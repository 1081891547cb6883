/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SOLVE_H
#define TRIMTAB_SOLVE_H

#include <stddef.h>

#include "decide/interval.h"
#include "decide/term.h"

/*
 * Whether conditions can be true together, by reasoning on comparisons of a term with a constant. @self is
 * taken for one object in all of them, also in those of rules for two: what is possible then, is possible.
 */

enum verdict {
        VERDICT_IMPOSSIBLE, /* proved: never true together, not even when some of it is unknown */
        VERDICT_POSSIBLE,   /* a case was found in which all are true */
        VERDICT_UNDECIDED,
};

/* "term < constant", with `not` worked in; kind is NODE_LESS … NODE_NOT_EQUAL. */
struct fact {
        const struct node *term, *constant;
        enum node_kind kind;
        size_t condition; /* which of them says so */
};

#define FACTS_MAX 32
#define CONDITIONS_MAX 4

struct solution {
        /*
         * VERDICT_POSSIBLE: all that is so in the case found. VERDICT_IMPOSSIBLE: the fact that cannot be, or
         * the two that cannot both; none: there is no single reason.
         */
        struct fact facts[FACTS_MAX];
        size_t n_facts;
};

/*
 * SOLVE_TOUCHING takes the open ends of intervals in: conditions with no gap between them become possible.
 * Not the ends at 0, beside which there may be nothing, and not those of the smallest whole numbers.
 */
enum solve_mode { SOLVE_EXACT, SOLVE_TOUCHING };

/* Of 1 to CONDITIONS_MAX conditions. */
enum verdict solve(const struct node *const *conditions, size_t n, enum solve_mode mode,
                   const struct catalogue *catalogue, struct solution *ret);

/* The values that a fact leaves to its term. */
struct interval fact_interval(const struct fact *f, enum solve_mode mode);

#endif
