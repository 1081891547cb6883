/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LINT_ROOM_H
#define TRIMTAB_LINT_ROOM_H

#include "decide/lint.h"
#include "decide/rule.h"

/* What the files of lint-*.c share. All checks: 0 also when they warn; -ENOMEM. */

struct lint {
        const struct ini *ini;
        const struct catalogue *catalogue;
        const struct objects *objects;
        struct diag *diag;
};

/* The value of a key: its first line, underlined; of a section without it, its header. */
struct place lint_place(const struct lint *l, const struct rule *r, const char *key);
/* The line of r->actions[i]. */
struct place lint_action_place(const struct lint *l, const struct rule *r, size_t i);

/* One rule by itself (lint-rule.c, lint-until.c). */
int lint_rule(const struct lint *l, const struct rule *r);
void lint_until(const struct lint *l, const struct rule *r);

/* Two rules against each other (lint-fight.c); the one that wins at equal priority first. */
int lint_fight(const struct lint *l, const struct rule *winner, const struct rule *loser);

#endif
