/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VIEW_EXPLAIN_H
#define TRIMTAB_VIEW_EXPLAIN_H

#include "decide/expr.h"
#include "serve/views.h"

/* Inside of view_explain only: what its files share. */

struct explaining {
        const struct views *views;
        struct subject subject;
        struct rows *values, *rules;
        struct rows inner;       /* rows in the making that will go into a row */
        const struct knob *knob; /* of the value that is told */
};

/* The rules that have to do with the subject, into x->rules (view-explain-rules.c). */
int view_explain_rules(struct explaining *x);

/* A number in a person's words and in base units; neither where it is NAN. */
void view_add_quantity(struct rows *rows, const char *text_field, const char *base_field, double base, dimensions dims);

/* What a goal adds to its row (view-explain-goal.c). */
struct explained_rule;
void view_explain_goal(struct explaining *x, const struct explained_rule *r);

/* A rule or knob whose name is spelt like this; NULL: none (subject.c). */
const char *subject_nearest(const struct views *v, const char *what);

/* "paused" and what goes with it (view-status.c). */
void view_add_pause(const struct views *v, struct rows *ret);

#endif
