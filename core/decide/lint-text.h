/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LINT_TEXT_H
#define TRIMTAB_LINT_TEXT_H

#include "decide/expr-print.h"
#include "decide/solve.h"

/* "p99(sched.runq_latency) > 5ms" */
void text_add_fact(struct text *t, const struct fact *f, const struct catalogue *catalogue);

#endif
