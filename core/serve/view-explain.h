/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VIEW_EXPLAIN_H
#define TRIMTAB_VIEW_EXPLAIN_H

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

/* A rule or knob whose name is spelt like this; NULL: none (subject.c). */
const char *subject_nearest(const struct views *v, const char *what);

/* "paused" and what goes with it (view-status.c). */
void view_add_pause(const struct views *v, struct rows *ret);

#endif
