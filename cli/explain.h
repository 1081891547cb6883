/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPLAIN_PROSE_H
#define TRIMTAB_EXPLAIN_PROSE_H

#include "serve/rows.h"

/* `trimtab explain` in sentences. answer: the row that Explain answers, whose fields trimtab(1) describes. */

/* explain-values.c */
void explain_values(const struct row *answer);
/* explain-rules.c */
void explain_rules_of(const struct row *answer);

/* What a goal does, expects and will do; false: the row is a rule's (explain-goal.c). */
bool explain_goal(const struct row *rule);

/* The row of a rule on an object in the answer; NULL: it is not told. */
const struct row *explain_find_rule(const struct row *answer, const char *rule, const char *object);
/* What a condition's comparisons came to: "p99(…) is 7.2ms, not < 3ms; …". New string; NULL: nothing was
 * measured. */
char *explain_comparisons(const struct row *rule, const char *condition);

#endif
