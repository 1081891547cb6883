/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/lint-text.h"

static const char *const symbols[] = {
        [NODE_LESS] = "<",           [NODE_LESS_EQUAL] = "<=", [NODE_GREATER] = ">",
        [NODE_GREATER_EQUAL] = ">=", [NODE_EQUAL] = "==",      [NODE_NOT_EQUAL] = "!=",
};

void text_add_fact(struct text *t, const struct fact *f, const struct catalogue *catalogue)
{
        text_add_node(t, f->term, catalogue);
        text_add(t, " %s ", symbols[f->kind]);
        text_add_node(t, f->constant, catalogue);
}
